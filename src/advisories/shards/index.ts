import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../lib/failure.ts'
import { openStored } from '../database/read.ts'
import { openPacked } from '../open.ts'
import { isPacked } from '../pack.ts'
import { type BuildOptions, type BuildReport, buildShards } from './build.ts'
import { MANIFEST_NAME } from './manifest.ts'
import { type PublishReport, publishShards, type RegistryAccess, registryName } from './registry.ts'

export type { BuildReport } from './build.ts'
export type { PublishReport } from './registry.ts'

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

/** Pushes a folder of shards to `REGISTRY/REPOSITORY[:TAG]`, see {@link publishShards}. Rejects with `Failure` that names what was wrong. */
export async function publishAdvisories(
  folder: string,
  to: string,
  access: RegistryAccess,
  progress: (doneBytes: number, totalBytes: number) => void = () => {},
): Promise<PublishReport> {
  const name = registryName(to)
  if (name === undefined)
    throw new Failure('usage', `${to} names no repository of a registry`, {
      kind: 'usage',
      input: to,
      hints: ['write it as REGISTRY/REPOSITORY[:TAG]: registry.example.com/security/advisories'],
    })
  if (!existsSync(join(folder, MANIFEST_NAME)))
    throw new Failure('shard-manifest', `there are no shards in ${folder}`, {
      input: folder,
      hints: [`make them with: bulwark advisories build ${folder}`],
    })
  return await publishShards(folder, name, access, progress)
}
