import { randomBytes } from 'node:crypto'
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { getSystemErrorMessage } from 'node:util'
import { Failure } from '../lib/failure.ts'
import { type World, write } from './world.ts'

/**
 * Writes a report to standard output, or to a file: whole or not at all (a temporary file beside it, renamed into place).
 * @throws Failure of kind unreadable that names the file.
 */
export async function deliver(text: string, file: string | undefined, world: World): Promise<void> {
  if (file === undefined || file === '-') return write(world.stdout, text)
  const path = isAbsolute(file) ? file : join(world.cwd, file)
  try {
    // A device or a pipe (`/dev/stdout`, a shell's `>(…)`) is written to: a rename would put a file in its place.
    const there = statSync(path, { throwIfNoEntry: false })
    if (there === undefined || there.isFile()) replaceFile(there === undefined ? path : realpathSync(path), text)
    else writeFileSync(path, text)
  } catch (error) {
    throw new Failure('output-unwritable', `the report could not be written: ${reasonOf(error)}`, {
      input: file,
      cause: error,
      hints: ['check that the folder exists and may be written to'],
    })
  }
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, text, { flag: 'wx' })
    renameSync(temporary, path)
  } catch (error) {
    try {
      rmSync(temporary, { force: true })
    } catch {
      // Where it could not be made, there is nothing to remove; the first error says why.
    }
    throw error
  }
}

/** What the system said, without the name of the temporary file, which the user did not choose. */
function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  return errno === undefined ? message : getSystemErrorMessage(errno)
}
