/** What a failure means for the exit status: the user's words were wrong, the thing could not be done, or we are at fault. */
export type FailureKind = 'usage' | 'unreadable' | 'interrupted' | 'timeout' | 'internal'

/**
 * An error that a person can act on. It is an `Error` so that it travels through streams and promises; everywhere else
 * it is treated as a value: a code, a message, the input's name, and what to try.
 */
export class Failure extends Error {
  /** Stable kebab-case name, as `digest-mismatch`. */
  readonly code: string
  readonly kind: FailureKind
  /** The file, reference, layer or flag that it is about. */
  readonly input: string | undefined
  /** What to try next, one line each. */
  readonly hints: readonly string[]

  constructor(
    code: string,
    message: string,
    more: {
      readonly kind?: FailureKind
      readonly input?: string
      readonly hints?: readonly string[]
      readonly cause?: unknown
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'Failure'
    this.code = code
    this.kind = more.kind ?? 'unreadable'
    this.input = more.input
    this.hints = more.hints ?? []
  }
}

/** Any thrown value as a `Failure`: itself when it is one, else one of kind `internal` (or `interrupted` for an abort) with the cause kept. */
export function asFailure(thrown: unknown, input?: string): Failure {
  if (thrown instanceof Failure) return thrown
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (error.name === 'AbortError')
    return new Failure('interrupted', 'interrupted', { kind: 'interrupted', input, cause: error })
  return new Failure('internal-error', error.message, { kind: 'internal', input, cause: error })
}
