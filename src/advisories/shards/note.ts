import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'

/** What this machine remembers of where its shards came from. */
export interface ShardNote {
  readonly from: string
  /** Last time that the place was asked with success, ISO. */
  readonly checkedAt: string
  /** The place's mark of the manifest that is here (an ETag, a digest). */
  readonly mark?: string
}

/** Name of the note in its folder. */
export const NOTE_NAME = 'shards-from.json'
const noteShape = z.object({ from: z.string(), checkedAt: z.string(), mark: z.optional(z.string()) })

/** The note of a folder of fetched shards; undefined where there is none that can be read. */
export function readNote(folder: string): ShardNote | undefined {
  try {
    return noteShape.parse(JSON.parse(readFileSync(join(folder, NOTE_NAME), 'utf8')))
  } catch {
    return undefined
  }
}
