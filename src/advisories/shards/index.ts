import { mkdirSync } from 'node:fs'
import { openStored } from '../database/read.ts'
import { openPacked } from '../open.ts'
import { isPacked } from '../pack.ts'
import { type BuildOptions, type BuildReport, buildShards } from './build.ts'

export type { BuildReport } from './build.ts'

/**
 * Cuts a database file, as built or as packed, into shards in `folder`, see {@link buildShards}. Throws `Failure` that names the file for
 * one that is none.
 */
export function buildAdvisories(file: string, folder: string, options: BuildOptions = {}): BuildReport {
  mkdirSync(folder, { recursive: true })
  const database = isPacked(file) ? openPacked(file, folder) : openStored(file)
  try {
    return buildShards(database, folder, options)
  } finally {
    database.close()
  }
}
