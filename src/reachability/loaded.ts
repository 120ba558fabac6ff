/** What a program of a language loads beside its machine code. */
export interface LoadedCode {
  /** Real paths of files, each with the way to it. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /** Why more of it may be loaded than what is on its way of looking for modules; undefined when nothing else can be. */
  readonly open?: string
  /** Why a package whose record lies at this path cannot be loaded; undefined where it can be or may be. */
  readonly outside?: (path: string) => string | undefined
}
