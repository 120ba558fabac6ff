import type { RandomFile } from '../../reading/index.ts'
import { sqliteRows } from '../sqlite-table.ts'
import { MAX_HEADER_BYTES } from './header.ts'
import type { Records } from './records.ts'

/** The headers of `rpmdb.sqlite`: the blobs of the table `Packages`. The write-ahead log beside it is another file, see wal.ts. */
export function* sqliteRecords(file: RandomFile): Records {
  for (const row of sqliteRows(file, 'Packages', MAX_HEADER_BYTES)) {
    if ('problem' in row) {
      yield row
      continue
    }
    const blob = row.columns.find((column) => column instanceof Uint8Array)
    yield blob instanceof Uint8Array ? { bytes: blob } : { problem: 'a row without a header' }
  }
}
