import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../lib/failure.ts'
import type { SettingsFile } from './settings.ts'

const NAME = '.bulwark.yaml'
const MOST_BYTES = 1024 * 1024

/**
 * The settings file of a folder, or undefined when there is none.
 * @throws Failure of kind usage when it cannot be read, is no mapping, or has a key that no flag has.
 */
export async function loadSettingsFile(folder: string, known: ReadonlySet<string>): Promise<SettingsFile | undefined> {
  const path = join(folder, NAME)
  let text: string
  try {
    const found = statSync(path)
    // A pipe or a device would never end, or never begin.
    if (!found.isFile()) throw new Error('it is not a regular file')
    if (found.size > MOST_BYTES) throw new Error('it is larger than 1 MiB')
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Failure('settings-unreadable', `cannot be read: ${(error as Error).message}`, {
      kind: 'usage',
      input: path,
      cause: error,
    })
  }
  // The YAML parser is loaded only where there is YAML.
  const { parseSettings } = await import('./settings-yaml.ts')
  return parseSettings(text, NAME, known)
}
