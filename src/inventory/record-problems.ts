import type { Diagnostic, DiagnosticEffect } from '../model/diagnostic.ts'

/** So many are named one by one; a file of a million broken records must not become a million diagnostics. */
const NAMED = 20

/** Collects what is wrong with records of one file; the first are named, the others counted. */
export class RecordProblems {
  readonly #code: string
  readonly #path: string
  readonly #named: Diagnostic[] = []
  #count = 0

  constructor(code: string, path: string) {
    this.#code = code
    this.#path = path
  }

  get count(): number {
    return this.#count
  }

  /** One broken record or line; the message is a sentence without the path. */
  add(message: string): void {
    this.#count++
    if (this.#count <= NAMED) this.#named.push(this.#diagnostic(message, 'partial'))
  }

  /** The diagnostics: those named, and one that counts the rest. */
  diagnostics(): Diagnostic[] {
    if (this.#count <= NAMED) return this.#named
    return [...this.#named, this.#diagnostic(`${this.#count - NAMED} more records are broken`, 'partial')]
  }

  #diagnostic(message: string, effect: DiagnosticEffect): Diagnostic {
    return { code: this.#code, message, path: this.#path, effect }
  }
}
