/** Whether code is loaded, how far that could be told, and from what. */
export interface Reachability {
  readonly state: 'yes' | 'no' | 'unknown'
  /** One line: `affected function linked in: crypto/tls.(*Conn).Handshake`. */
  readonly reason: string
  /** The way to it, from the image's entry point: `usr/sbin/nginx`, `usr/lib/x86_64-linux-gnu/libssl.so.3`. */
  readonly path: readonly string[]
}

/** Code of one package that an advisory speaks of. */
export interface AffectedCode {
  /** Import path: `golang.org/x/net/http2`. */
  readonly package: string
  /** Functions and methods (`Type.Method`); the whole package where none is named. */
  readonly symbols: readonly string[]
  /** Operating systems, as Go names them, that it is about; all where none is named. */
  readonly systems: readonly string[]
}
