import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { DPKG_STATUS } from '../support/bad-image.ts'
import { berkeleyFile, ndbFile, rpmHeader, sqliteFile } from '../support/rpm-databases.ts'
import { expectHarmless, type Ran, type Report, useSandbox } from '../support/sandbox.ts'
import { dockerArchive, tarball } from '../support/tar-writer.ts'

const sandbox = useSandbox()
const HEADERS = Array.from({ length: 20 }, (_, i) =>
  rpmHeader({ name: `package-${i}`, version: '1.0', release: '1', padding: 3000 }),
)

/** Scans an image with one file on a small system; the answer must have come quickly, and again from the cache. */
async function scanFile(
  path: string,
  body: string | Uint8Array,
  system: string,
  compression: 'gzip' | 'plain' = 'gzip',
): Promise<Ran & { report: Report }> {
  const layer = tarball([
    { name: 'etc/os-release', body: system },
    { name: path, body },
  ])
  const file = sandbox.file('image.tar', dockerArchive([{ layers: [layer], compression }]))
  const ran = await sandbox.report(file)
  const again = await sandbox.report(file)
  expect(again.report.diagnostics).toEqual(ran.report.diagnostics)
  expect(ran.stderr + ran.stdout).not.toMatch(/defect of bulwark|internal-error/)
  // A line of megabytes; the code of all parsers is loaded beside it.
  expectHarmless(ran, { mb: 340 })
  return ran
}

/** A database that cannot be read to its end blinds the answer, and the diagnostic names the file. */
function expectBlind({ status, report }: Ran & { report: Report }, path: string): void {
  expect(report.diagnostics).toContainEqual(expect.objectContaining({ path, effect: 'blind' }))
  expect(status).toBe(3)
}

const ROCKY = 'ID=rocky\nVERSION_ID="9.3"\n'
const FOLDER = 'var/lib/rpm'
const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, i) => (i * i * 31 + (i >> 7)) % 251))

describe('an rpm database', () => {
  const sqlite = sqliteFile(HEADERS)
  const bdb = berkeleyFile(HEADERS, { little: true })
  const ndb = ndbFile(HEADERS)
  const all = [
    ['rpmdb.sqlite', sqlite],
    ['Packages', bdb],
    ['Packages.db', ndb],
  ] as const

  it.each(all)('%s: empty, noise, cut off', async (name, good) => {
    const path = `${FOLDER}/${name}`
    for (const bad of [noise(9000), good.subarray(0, good.length >> 1), good.subarray(0, 100)])
      expectBlind(await scanFile(path, bad, ROCKY), path)
    expect((await scanFile(path, new Uint8Array(), ROCKY)).status).toBe(3)
    expect((await scanFile(path, good, ROCKY)).report.components).toHaveLength(20)
  })

  it('sqlite with views, triggers, virtual tables and another shape where the table belongs', async () => {
    const path = `${FOLDER}/rpmdb.sqlite`
    const made = (sql: string): Uint8Array => {
      const database = new DatabaseSync(':memory:')
      database.exec(sql)
      const bytes = new Uint8Array(database.serialize())
      database.close()
      return bytes
    }
    const endless =
      'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS hnum, zeroblob(1000000) AS blob FROM n'
    for (const sql of [
      `CREATE VIEW Packages AS ${endless}`,
      `CREATE TABLE t(x); CREATE VIEW Packages(hnum, blob) AS SELECT x, load_extension('/tmp/x.so') FROM t`,
      'CREATE TABLE Packages (hnum TEXT, blob TEXT); INSERT INTO Packages VALUES (1, 2)',
      'CREATE TABLE Other (x)',
      'CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob)',
    ])
      expectBlind(await scanFile(path, made(sql), ROCKY), path)
    const trigger = sqliteFile(HEADERS, 'CREATE TRIGGER t AFTER INSERT ON Packages BEGIN DELETE FROM Packages; END')
    const ran = await scanFile(path, trigger, ROCKY)
    expect([0, 20]).toContain(ran.report.components.length)
  })

  it('Berkeley DB whose pages run in circles, and whose numbers lie', async () => {
    const path = `${FOLDER}/Packages`
    for (const [at, value] of [
      [4096 * 2 + 16, 1],
      [4096 + 16, 1],
      [20, 0],
      [20, 0xffffffff],
      [32, 0xffffffff],
      [4096 + 20, 0xffff],
    ]) {
      const bad = Buffer.from(bdb)
      bad.writeUInt32LE(value, at)
      const { report } = await scanFile(path, bad, ROCKY)
      if (report.components.length < 20) expect(JSON.stringify(report.diagnostics)).toContain('"blind"')
    }
  })

  it('ndb whose offsets and lengths lie', async () => {
    const path = `${FOLDER}/Packages.db`
    for (const at of [12, 32 + 4, 32 + 8, 32 + 12, 4096 + 12]) {
      for (const value of [0, 0x7fffffff, 0xffffffff]) {
        const bad = Buffer.from(ndb)
        bad.writeUInt32LE(value, at)
        const { report } = await scanFile(path, bad, ROCKY)
        if (report.components.length < 20) expect(JSON.stringify(report.diagnostics)).toContain(path)
      }
    }
  })

  it('a header whose counts lie is said, and the other packages are there', async () => {
    const bad = Buffer.from(HEADERS[3])
    bad.writeUInt32BE(0x7fffffff, 0)
    const path = `${FOLDER}/rpmdb.sqlite`
    const { report } = await scanFile(path, sqliteFile(HEADERS.with(3, bad)), ROCKY)
    expect(report.components).toHaveLength(19)
    expect(JSON.stringify(report.diagnostics)).toContain(path)
  })
})

describe('a text database', () => {
  const DEBIAN = 'ID=debian\nVERSION_ID="12"\n'
  const ALPINE = 'ID=alpine\nVERSION_ID=3.20.3\n'
  const line = Buffer.alloc(100_000_000, 0x61)
  it.each([
    ['dpkg', 'var/lib/dpkg/status', DEBIAN, DPKG_STATUS],
    ['apk', 'lib/apk/db/installed', ALPINE, 'P:zlib\nV:1.3-r0\nA:x86_64\n\n'],
  ])('of %s that is noise, one long line, or cut off', async (_, path, system, good) => {
    expectBlind(await scanFile(path, noise(20_000), system), path)
    const long = await scanFile(path, line, system, 'plain')
    expect(long.status).toBe(3)
    expect(JSON.stringify(long.report.diagnostics)).toContain(path)
    const mixed = await scanFile(
      path,
      Buffer.concat([Buffer.from(good), noise(5000), Buffer.from(`\n\n${good}`)]),
      system,
    )
    expect(mixed.report.components.length).toBeGreaterThan(0)
    expect(JSON.stringify(mixed.report.diagnostics)).toContain(path)
  })

  it('with names and versions of control characters shows none in the table', async () => {
    const hostile = DPKG_STATUS.replace('libwebp7', 'evil\x1b[2J\x1b]0;pwned\x07').replace('1.2.4-0.2', '1\x1b[31m')
    const layer = tarball([
      { name: 'etc/os-release', body: `${DEBIAN}PRETTY_NAME="Debian \x1b[31mred\x1b]8;;http://x\x07 \u202e\u0085"\n` },
      { name: 'var/lib/dpkg/status', body: hostile },
      { name: 'srv/\x1b[31m/package-lock.json', body: '{' },
    ])
    const file = sandbox.file('escapes.tar', dockerArchive([{ layers: [layer], tags: ['a\x1b[1m:1'] }]))
    const ran = await sandbox.scan(file, ['--list-all-pkgs', '--all-findings'])
    expect(ran.stdout).toContain('Debian')
    expect(ran.stdout + ran.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/)
    expectHarmless(ran)
  })
})

describe('a package-lock.json', () => {
  const deep = (n: number) => `${'{"dependencies":{"a":'.repeat(n)}{}${'}}'.repeat(n)}`
  it.each([
    ['is no JSON', '{'],
    ['is noise', noise(5000)],
    ['is deep', deep(100_000)],
    ['is deep and not closed', '['.repeat(1_000_000)],
    ['has the wrong types', '{"lockfileVersion":{},"packages":[[]],"dependencies":7}'],
    ['has a million keys of one letter', `{"lockfileVersion":3,"packages":{${'"a":1,'.repeat(1_000_000)}"b":1}}`],
  ])('that %s is a diagnostic that names it', async (_, body) => {
    const { report, status } = await scanFile('srv/package-lock.json', body, 'ID=debian\nVERSION_ID="12"\n')
    expect(report.diagnostics).toContainEqual(
      expect.objectContaining({ path: 'srv/package-lock.json', effect: 'partial' }),
    )
    expect(status).toBe(3)
    const alone = await sandbox.scan(sandbox.file('lock/package-lock.json', body))
    expect([0, 3]).toContain(alone.status)
    expect(alone.stdout + alone.stderr).toContain('package-lock.json')
    expect(alone.stderr).not.toContain('defect of bulwark')
    // The engine holds every key of an object, also one that comes again, until the object ends.
    expectHarmless(alone, { mb: 340 })
  })

  it('with prototype keys changes nothing, and its real packages are found', async () => {
    const body = `{"lockfileVersion":3,"packages":{"__proto__":{"version":"9"},"constructor":{"version":"9"},
      "node_modules/__proto__":{"version":"1.0.0"},"node_modules/lodash":{"version":"4.17.11","__proto__":{"version":"0"}}}}`
    const { report } = await sandbox.report(sandbox.file('lock/package-lock.json', body))
    expect(report.components).toContainEqual(expect.objectContaining({ name: 'lodash', version: '4.17.11' }))
    expect(report.findings.map(({ id }) => id).length).toBeGreaterThan(0)
  })
})
