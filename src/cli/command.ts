import type { World } from './world.ts'

/** One command of the program. Its file is loaded only when it is called. */
export interface CommandEntry {
  readonly name: string
  /** One line for `--help`. */
  readonly summary: string
  load(): Promise<CommandModule>
}

export interface CommandModule {
  /** Runs it with the words after its name; gives the exit status. Failures reject. */
  run(words: readonly string[], world: World): Promise<number>
}
