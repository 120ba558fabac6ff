import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { berkeleyFile, ndbFile, rpmHeader, sqliteFile } from '../../../test/support/rpm-databases.ts'
import type { RandomFile } from '../../reading/index.ts'
import { readRpmDatabase } from './database.ts'
import { type RpmPackage, wholeVersion } from './package.ts'

const root = join(process.env.BULWARK_CONFORMANCE ?? '../shared/conformance', 'os')
const missing = existsSync(root) ? '' : ' (skipped: no conformance data)'

const REAL = [
  { file: 'go-rpmdb/libuuid/Packages', backend: 'bdb_ro' },
  { file: 'go-rpmdb/sle15-bci/Packages.db', backend: 'ndb' },
  { file: 'go-rpmdb/cbl-mariner-2.0/rpmdb.sqlite', backend: 'sqlite' },
  { file: 'syft-redhat/Packages', backend: 'bdb_ro' },
  { file: 'scalibr-rpm/Packages_epoch', backend: 'bdb_ro' },
]

function fileOf(bytes: Uint8Array, path = 'var/lib/rpm/Packages'): RandomFile {
  const at = (offset: number, length: number) => bytes.subarray(offset, offset + length)
  return { path, sizeBytes: bytes.length, mode: 0o644, at }
}

function read(bytes: Uint8Array) {
  const { facts, diagnostics } = readRpmDatabase(fileOf(bytes))
  return { packages: facts.filter((fact): fact is RpmPackage => fact.kind === 'package'), diagnostics }
}

const two = [
  rpmHeader({ name: 'bash', version: '5.1.8', release: '6.el9', epoch: 0, padding: 9000 }),
  rpmHeader({ name: 'shadow-utils', version: '4.9', release: '8.el9', epoch: 2, padding: 30 }),
]
const key = rpmHeader({ name: 'gpg-pubkey', version: 'fd431d51', release: '4ae0493b' })
const names = ['bash 5.1.8-6.el9', 'shadow-utils 2:4.9-8.el9']
const said = (packages: readonly RpmPackage[]) => packages.map((pkg) => `${pkg.name} ${wholeVersion(pkg)}`).sort()

describe('rpm databases made for the test', () => {
  const forms: [string, (headers: Uint8Array[]) => Uint8Array][] = [
    ['Berkeley DB, little-endian', (headers) => berkeleyFile(headers, { little: true })],
    ['Berkeley DB, big-endian', (headers) => berkeleyFile(headers, { little: false })],
    ['ndb', ndbFile],
    ['SQLite', (headers) => sqliteFile(headers)],
    ['SQLite in WAL mode', (headers) => sqliteFile(headers, "pragma journal_mode = 'wal'")],
    ['SQLite with pages of 64 KiB', (headers) => sqliteFile(headers, '', 65536)],
    ['SQLite with pages of 512 bytes', (headers) => sqliteFile(headers, '', 512)],
  ]
  for (const [form, make] of forms) {
    it(`${form}: every package, and keys are none`, () => {
      const { packages, diagnostics } = read(make([...two, key]))
      expect(diagnostics).toEqual([])
      expect(said(packages)).toEqual(names)
    })

    it(`${form}: many packages`, () => {
      const headers = Array.from({ length: 300 }, (_, i) =>
        rpmHeader({ name: `p${i}`, version: '1', release: `${i}`, padding: i * 40 }),
      )
      const { packages, diagnostics } = read(make(headers))
      expect(diagnostics).toEqual([])
      expect(new Set(packages.map((pkg) => pkg.name)).size).toBe(300)
    })

    it(`${form}: cut off anywhere, it is a diagnostic that names the file, and never an exception`, () => {
      const whole = make(two)
      for (let cut = 0; cut < whole.length; cut += Math.max(1, Math.floor(whole.length / 97))) {
        const { packages, diagnostics } = read(whole.subarray(0, cut))
        if (packages.length < 2) expect(diagnostics.length).toBeGreaterThan(0)
        for (const diagnostic of diagnostics)
          expect(diagnostic).toMatchObject({ effect: 'blind', path: 'var/lib/rpm/Packages' })
      }
    })
  }

  it('an SQLite schema with a view, a trigger and a generated column in the way is harmless', () => {
    const view = new DatabaseSync(':memory:')
    view.exec(
      'create table t (hnum, blob); create view Packages as select 1 as hnum, zeroblob(1000000000) as blob from t',
    )
    expect(read(view.serialize()).diagnostics[0]?.message).toContain('no table Packages')
    const bytes = sqliteFile(two, 'create trigger x after insert on Packages begin delete from Packages; end')
    expect(said(read(bytes).packages)).toEqual(names)
  })

  it('an SQLite tree whose pages lead back to themselves ends', () => {
    const headers = Array.from({ length: 200 }, (_, i) =>
      rpmHeader({ name: `p${i}`, version: '1', release: '1', padding: 600 }),
    )
    const bytes = sqliteFile(headers, '', 512)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (let page = 1; page < bytes.length / 512; page++) {
      // Every child of every inner page becomes the root of the table.
      if (bytes[page * 512] === 5) view.setUint32(page * 512 + 8, 2)
    }
    expect(read(bytes).diagnostics.some((one) => one.message.includes('two places'))).toBe(true)
  })

  it('a Berkeley DB record whose overflow pages run in a circle ends', () => {
    const bytes = berkeleyFile(two, { little: true })
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (let at = 0; at < bytes.length; at += 4096) if (bytes[at + 25] === 7) view.setUint32(at + 16, at / 4096, true)
    const { diagnostics } = read(bytes)
    expect(diagnostics.some((one) => one.message.includes('two records'))).toBe(true)
  })
})

describe(`real rpm databases${missing}`, () => {
  const has = missing === ''

  it.skipIf(!has)('go-rpmdb: libuuid and sle15-bci equal their packages.json', () => {
    for (const [file, list] of [
      ['go-rpmdb/libuuid/Packages', 'go-rpmdb/libuuid.packages.json'],
      ['go-rpmdb/sle15-bci/Packages.db', 'go-rpmdb/sle15-bci.packages.json'],
    ]) {
      const expected = JSON.parse(readFileSync(join(root, list), 'utf8')) as Record<string, unknown>[]
      const { packages, diagnostics } = read(readFileSync(join(root, file)))
      expect(diagnostics).toEqual([])
      expect(packages.length).toBe(expected.length)
      const byName = new Map(packages.map((pkg) => [pkg.name, pkg]))
      for (const one of expected) {
        const pkg = byName.get(String(one.name))
        expect(pkg, String(one.name)).toBeDefined()
        const view = {
          epoch: pkg?.epoch ?? null,
          name: pkg?.name,
          version: pkg?.version,
          release: pkg?.release,
          arch: pkg?.architecture,
          sourceRpm: pkg?.sourceRpm,
          licence: pkg?.licence,
          vendor: pkg?.vendor,
          modularityLabel: pkg?.module ?? '',
        }
        for (const field of Object.keys(view))
          if (field in one) expect([field, view[field as never]]).toEqual([field, one[field]])
      }
    }
  })

  for (const { file, backend } of REAL) {
    it.skipIf(!has)(`${file} has as many packages as rpm counts`, async (context) => {
      if (spawnSync('rpm', ['--version']).status !== 0) context.skip('rpm is not installed (Debian package rpm)')
      const folder = await mkdtemp(join(tmpdir(), 'rpmdb-'))
      try {
        const name = { bdb_ro: 'Packages', ndb: 'Packages.db', sqlite: 'rpmdb.sqlite' }[backend] ?? ''
        await copyFile(join(root, file), join(folder, name))
        // rpm --define '_db_backend BACKEND' --dbpath FOLDER -qa --qf '%{NAME} ...'
        const query = ['-qa', '--qf', '%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH}\\n']
        const ran = spawnSync('rpm', ['--define', `_db_backend ${backend}`, '--dbpath', folder, ...query])
        if (String(ran.stderr).includes('dummy database')) context.skip(`this rpm cannot read ${backend}`)
        const listed = String(ran.stdout)
          .trim()
          .split('\n')
          .filter((line) => !line.startsWith('gpg-pubkey'))
        const { packages } = read(readFileSync(join(root, file)))
        const found = packages.map((pkg) => `${pkg.name} ${wholeVersion(pkg)} ${pkg.architecture}`)
        expect(found.sort()).toEqual(listed.sort())
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })

    it.skipIf(!has)(`${file} with flipped bits: packages or diagnostics, never an exception`, () => {
      const original = readFileSync(join(root, file))
      const position = fc.oneof(fc.nat(original.length - 1), fc.nat(Math.min(8191, original.length - 1)))
      const flips = fc.array(fc.tuple(position, fc.nat(255)), { minLength: 1, maxLength: 40 })
      fc.assert(
        fc.property(flips, fc.option(fc.nat(original.length)), (changes, cut) => {
          const bytes = new Uint8Array(original)
          for (const [at, value] of changes) bytes[at] = value
          const { packages, diagnostics } = read(cut === null ? bytes : bytes.subarray(0, cut))
          expect(packages.length + diagnostics.length).toBeLessThan(2000)
          for (const diagnostic of diagnostics) expect(diagnostic.path).toBe('var/lib/rpm/Packages')
        }),
        { numRuns: original.length > 500_000 ? 25 : 150 },
      )
    })
  }
})

it('a write-ahead log counts only for what the database does not have', async () => {
  const { rpmLogReader, pagesNotInDatabase } = await import('./wal.ts')
  const folder = mkdtempSync(join(tmpdir(), 'rpmwal-'))
  try {
    const path = join(folder, 'rpmdb.sqlite')
    const open = new DatabaseSync(path)
    open.exec("pragma journal_mode = 'wal'; create table Packages (hnum integer primary key, blob blob not null)")
    open.prepare('insert into Packages (blob) values (?)').run(two[0])
    open.exec('pragma wal_checkpoint(passive)')
    const rows = () => {
      const row = { mode: 0, sizeBytes: 0, layer: 0, wins: true }
      const log = rpmLogReader.readRandom(fileOf(readFileSync(`${path}-wal`))).facts
      const database = readRpmDatabase(fileOf(readFileSync(path))).facts
      return [
        { ...row, reader: 'rpm-write-ahead-log', path: 'var/lib/rpm/rpmdb.sqlite-wal', facts: log },
        { ...row, reader: 'rpm-database', path: 'var/lib/rpm/rpmdb.sqlite', facts: database },
      ] as const
    }
    const [log, database] = rows()
    expect(log.facts.length).toBe(1)
    expect(pagesNotInDatabase(log, database)).toBe(0)
    open.prepare('insert into Packages (blob) values (?)').run(two[1])
    const [laterLog, laterDatabase] = rows()
    expect(pagesNotInDatabase(laterLog, laterDatabase)).toBeGreaterThan(0)
    open.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
