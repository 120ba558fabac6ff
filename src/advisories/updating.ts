import type { DatabaseStatus } from './types.ts'
import type { UpdateIo, UpdateOptions, UpdateReport } from './update-types.ts'

// What fetches (the HTTP client, the zip reader) is loaded when something is fetched: most scans fetch nothing.

/** {@link import('./update.ts').updateAdvisories}, loaded when it is called. */
export async function updateAdvisories(options: UpdateOptions, io: UpdateIo): Promise<UpdateReport> {
  const update = await import('./update.ts')
  return update.updateAdvisories(options, io)
}

/** {@link import('./update.ts').fetchMissing}, loaded when it is called. */
export async function fetchMissing(
  cacheDir: string,
  needed: readonly string[],
  status: DatabaseStatus,
  io: UpdateIo,
): Promise<UpdateReport | undefined> {
  const update = await import('./update.ts')
  return update.fetchMissing(cacheDir, needed, status, io)
}
