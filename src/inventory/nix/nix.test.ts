import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { nix } from './index.ts'

const [one, two] = ['a'.repeat(32), 'b'.repeat(32)]

function database(paths: readonly string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'nix-'))
  try {
    const path = join(folder, 'db.sqlite')
    const made = new DatabaseSync(path)
    made.exec('create table ValidPaths (id integer primary key, path text, hash text, registrationTime integer)')
    for (const one of paths) made.prepare('insert into ValidPaths (path, hash) values (?, ?)').run(one, 'sha256:x')
    made.close()
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('the store of Nix', () => {
  it('has packages by the database, and by what lies in store paths', async () => {
    const db = 'nix/var/nix/db/db.sqlite'
    const { components } = await catalogued(nix, {
      [db]: database([
        `/nix/store/${one}-openssl-3.0.13-bin`,
        `/nix/store/${one}-gcc-13.2.0.drv`,
        `/nix/store/${one}-etc`,
      ]),
      [`nix/store/${one}-openssl-3.0.13-bin/bin/openssl`]: 'x',
      [`nix/store/${two}-python3.11-requests-2.31.0/lib/a.so`]: 'x',
      [`nix/store/${two}-python3.11-requests-2.31.0/bin/a`]: 'x',
    })
    expect(components.map(({ purl, evidence }) => [purl, evidence[0].path])).toEqual([
      [`pkg:nix/openssl@3.0.13?output=bin&outputhash=${one}`, db],
      [`pkg:nix/python3.11-requests@2.31.0?outputhash=${two}`, `nix/store/${two}-python3.11-requests-2.31.0/bin/a`],
    ])
  })

  it('with a broken database is told', async () => {
    const whole = database(Array.from({ length: 200 }, (_, i) => `/nix/store/${one}-a${i}-1.0`))
    for (const bytes of [whole.subarray(0, 5000), Buffer.from('x'), Buffer.alloc(0)]) {
      const { diagnostics } = await catalogued(nix, { 'nix/var/nix/db/db.sqlite': bytes })
      expect(diagnostics[0]).toMatchObject({ path: 'nix/var/nix/db/db.sqlite', effect: 'partial' })
    }
  })
})
