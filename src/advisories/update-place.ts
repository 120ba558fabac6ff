import { join, resolve } from 'node:path'
import { downloadFile } from '../lib/download.ts'
import { Failure } from '../lib/failure.ts'
import { type HttpClient, shown } from '../lib/http.ts'
import { openStored } from './database/read.ts'
import { openForeign } from './foreign/open.ts'
import { openPacked } from './open.ts'
import { isPacked } from './pack.ts'
import { folderLayout, kindOfPlace, servedLayout } from './sources/layout.ts'
import type { Place } from './sources/source.ts'
import type { UpdateIo } from './update-types.ts'

/** Bytes of another scanner's database as it is published. */
const MAX_DATABASE_BYTES = 4 * 1024 ** 3

/**
 * The place that `--from` names: a bucket's layout, served or in a folder; a packed or built database; another scanner's, as a file, in
 * its archive, or at an address. `folder` takes what has to be fetched. Rejects with `Failure` that names it.
 */
export async function openPlace(
  from: string,
  client: HttpClient,
  folder: string,
  { signal, now }: UpdateIo,
): Promise<Place> {
  const kind = await kindOfPlace(from)
  const at = now().toISOString()
  if (kind === 'served' && isDatabaseAddress(from)) return await openServed(from, client, folder, at, signal)
  if (kind === 'served') return { kind: 'layout', layout: servedLayout(from, client, join(folder, 'fetch'), signal) }
  const path = resolve(from)
  if (kind === 'folder') return { kind: 'layout', layout: folderLayout(path) }
  const foreign = isPacked(path) ? undefined : await openForeign(path, folder, at)
  if (foreign !== undefined) return { kind: 'foreign', origin: path, database: foreign }
  const database = isPacked(path) ? openPacked(path, folder) : openStored(path)
  database.verify()
  return { kind: 'packed', origin: path, database }
}

/** Whether an address is of a file as other scanners publish their databases. */
function isDatabaseAddress(from: string): boolean {
  return /\.(?:db|tar(?:\.(?:gz|zst|xz))?|tgz)$/.test(new URL(from).pathname)
}

/** Another scanner's database at an address: fetched into `folder` for as long as it is open. */
async function openServed(
  from: string,
  client: HttpClient,
  folder: string,
  at: string,
  signal: AbortSignal | undefined,
): Promise<Place> {
  const origin = shown(from)
  const fetched = await downloadFile(client, from, {
    folder: join(folder, 'fetch'),
    maxBytes: MAX_DATABASE_BYTES,
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    const database = fetched && (await openForeign(fetched.path, folder, at))
    if (database === undefined)
      throw new Failure('advisory-source', `${origin} ${fetched ? "is no scanner's database" : 'is not there'}`, {
        input: origin,
      })
    const close = () => {
      database.close()
      void fetched?.dispose()
    }
    return { kind: 'foreign', origin, database: { ...database, close } }
  } catch (cause) {
    await fetched?.dispose()
    throw cause
  }
}
