import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { updateAdvisories } from '../../src/advisories/index.ts'
import { ecosystemFiles, type MirrorServer, mirrorServer } from '../mirror-server.ts'
import { ALL_FINDINGS, namesIn, smallMirror, useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures
const DAY_MS = 86_400_000

/** A cache whose last check for updates, at this server, was so many days ago. */
async function checkedBefore(name: string, server: MirrorServer, days: number): Promise<string> {
  const cacheDir = join(fixtures.folder, name)
  const now = (): Date => new Date(Date.now() - days * DAY_MS)
  await updateAdvisories({ cacheDir, from: server.url, all: true }, { env: {}, now })
  server.requests.length = 0
  return cacheDir
}

const ecosystemsIn = async (cacheDir: string): Promise<readonly string[]> => {
  const ran = await fixtures.run(['advisories', 'status', '--format', 'json', '--cache-dir', cacheDir])
  return JSON.parse(ran.stdout).ecosystems.map(({ name }: { name: string }) => name)
}

describe('flags of advisories in a scan', () => {
  it('--advisories uses one file, as built or as packed, whatever the cache holds', async () => {
    const empty = ['--cache-dir', join(fixtures.folder, 'empty')]
    const built = join(fixtures.cache, 'advisories/advisories.db')
    expect((await fixtures.scan(image, empty)).status).toBe(3)
    expect(await fixtures.found(image, [...empty, '--advisories', built])).toEqual(ALL_FINDINGS)
    const packed = join(fixtures.folder, 'advisories.pack')
    expect(await fixtures.run(['advisories', 'pack', packed])).toMatchObject({ status: 0 })
    expect(await fixtures.found(image, [...empty, '--advisories', packed])).toEqual(ALL_FINDINGS)
    expectRefused(await fixtures.scan(image, ['--advisories', image]), 3, 'image.tar')
    expectRefused(await fixtures.scan(image, ['--advisories', `${built}.gone`]), 3, 'advisories.db.gone')
  })

  it('--cache-dir keeps layers and advisories there', async () => {
    const folder = join(fixtures.folder, 'elsewhere')
    const words = ['--cache-dir', folder, '--allow-incomplete']
    expect((await fixtures.scan(image, words)).stdout).toMatch(/, 0 of 2 layers known$/m)
    expect(statSync(join(folder, 'layers.db')).isFile()).toBe(true)
    expect((await fixtures.scan(image, words)).stdout).toMatch(/, 2 of 2 layers known$/m)
  })

  it('--no-update and --offline ask nobody; without them, a scan whose last check is over a day ago updates first', async () => {
    const server = await mirrorServer(smallMirror())
    try {
      const cacheDir = await checkedBefore('stale', server, 3)
      ecosystemFiles(server.files, 'npm', [])
      server.files.set('npm/modified_id.csv', Buffer.from('2099-01-01T00:00:00Z,GHSA-aaaa-aaaa-aaaa\n'))
      ecosystemFiles(server.files, 'Alpine', smallerAlpine())
      for (const flag of ['--no-update', '--offline']) {
        const ran = await fixtures.run(['scan', '-f', 'json', flag, '--cache-dir', cacheDir, image])
        expect(namesIn(ran)).toEqual(ALL_FINDINGS)
        expect(server.requests).toEqual([])
      }
      const ran = await fixtures.run(['scan', '-f', 'json', '--cache-dir', cacheDir, image])
      expect(server.requests.length).toBeGreaterThan(0)
      expect(namesIn(ran)).toContain('CVE-2099-0077 musl')
      server.requests.length = 0
      await fixtures.run(['scan', '--cache-dir', cacheDir, image])
      expect(server.requests).toEqual([])
    } finally {
      await server.close()
    }
  })

  it('--offline is blind for what the database lacks; without it the scan fetches that before it matches', async () => {
    const server = await mirrorServer(smallMirror())
    try {
      const cacheDir = join(fixtures.folder, 'npm only')
      await updateAdvisories({ cacheDir, from: server.url, ecosystems: ['npm'] }, { env: {}, now: () => new Date() })
      const words = ['scan', '--cache-dir', cacheDir, image]
      const offline = await fixtures.run([...words, '--offline'])
      expect(offline).toMatchObject({ status: 3, stdout: expect.stringMatching(/^Blind +.*Alpine/m) })
      const online = await fixtures.run([...words, '-f', 'json'])
      expect(online.status, online.stderr).toBe(0)
      expect(namesIn(online)).toEqual(ALL_FINDINGS)
    } finally {
      await server.close()
    }
  })

  it('a scan that could not update says so, and answers from what it has', async () => {
    const server = await mirrorServer(smallMirror())
    const cacheDir = await checkedBefore('unreachable', server, 3)
    await server.close()
    const ran = await fixtures.run(['scan', '--cache-dir', cacheDir, image])
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.stdout).toContain('CVE-2099-0001')
    expect(ran.stdout.replace(/\s+/g, ' ')).toContain('the advisories could not be updated')
  })
})

/** What Alpine's folder may become: one advisory more. */
function smallerAlpine(): Record<string, unknown>[] {
  const ranges = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '9.9.9-r0' }] }]
  const record = (number: string, name: string): Record<string, unknown> => ({
    id: `ALPINE-CVE-2099-${number}`,
    modified: '2026-03-01T00:00:00Z',
    upstream: [`CVE-2099-${number}`],
    affected: [{ package: { ecosystem: 'Alpine:v3.20', name }, ranges }],
  })
  return [
    record('0001', 'openssl'),
    record('0002', 'busybox'),
    record('0003', 'musl'),
    record('0019', 'x'),
    record('0077', 'musl'),
  ]
}

describe('flags of bulwark advisories', () => {
  it('--from takes a folder, a server and a packed file', async () => {
    const server = await mirrorServer(smallMirror())
    const packed = join(fixtures.folder, 'carried.pack')
    await fixtures.run(['advisories', 'pack', packed])
    for (const [i, from] of [fixtures.mirror, server.url, packed].entries()) {
      const cacheDir = join(fixtures.folder, `from ${i}`)
      const ran = await fixtures.run(['advisories', 'update', '--from', from, '--cache-dir', cacheDir, '--all'])
      expect(ran.status, ran.stderr).toBe(0)
      expect(await ecosystemsIn(cacheDir)).toEqual(['Alpine', 'Debian', 'npm'])
    }
    await server.close()
    const gone = await fixtures.run(['advisories', 'update', '--from', `${packed}.gone`])
    expectRefused(gone, 3, 'carried.pack.gone')
  })

  it('--all takes every ecosystem, and --ecosystems exactly these, where scans have met one', async () => {
    const server = await mirrorServer(smallMirror())
    try {
      const cacheDir = join(fixtures.folder, 'met')
      const at = ['--cache-dir', cacheDir]
      await fixtures.scan(fixtures.lockFolder(), [...at, '--allow-incomplete'])
      await fixtures.run(['advisories', 'update', '--from', server.url, ...at])
      expect(await ecosystemsIn(cacheDir)).toEqual(['npm'])
      await fixtures.run(['advisories', 'update', '--from', server.url, ...at, '--ecosystems', 'Debian'])
      expect(await ecosystemsIn(cacheDir)).toEqual(['Debian', 'npm'])
      await fixtures.run(['advisories', 'update', '--from', server.url, ...at, '--all'])
      expect(await ecosystemsIn(cacheDir)).toEqual(['Alpine', 'Debian', 'npm'])
    } finally {
      await server.close()
    }
  })

  it('--force accepts an update that loses more than a tenth of the records', async () => {
    const server = await mirrorServer(smallMirror())
    try {
      const cacheDir = await checkedBefore('shrunk', server, 3)
      ecosystemFiles(server.files, 'Alpine', smallerAlpine().slice(0, 1))
      const update = ['advisories', 'update', '--from', server.url, '--all', '--cache-dir', cacheDir]
      const kept = await fixtures.run(update)
      expect(kept.status, kept.stdout).toBe(1)
      expect(kept.stdout + kept.stderr).toMatch(/tenth|--force/)
      expect(namesIn(await fixtures.scan(image, ['-f', 'json', '--cache-dir', cacheDir]))).toEqual(ALL_FINDINGS)
      expect((await fixtures.run([...update, '--force'])).status).toBe(0)
      expect(namesIn(await fixtures.scan(image, ['-f', 'json', '--cache-dir', cacheDir]))).toHaveLength(3)
    } finally {
      await server.close()
    }
  })

  it('--format of the advisories commands is a table or JSON; show and search end with 1 when the answer is no', async () => {
    const show = ['advisories', 'show', 'CVE-2099-0001']
    expect((await fixtures.run(show)).stdout).toMatch(/^ALPINE-CVE-2099-0001\n/)
    expect(JSON.parse((await fixtures.run([...show, '-f', 'json'])).stdout).records[0].id).toBe('ALPINE-CVE-2099-0001')
    const search = await fixtures.run(['advisories', 'search', 'openssl@3.3.0-r0'])
    expect(search).toMatchObject({ status: 0, stdout: expect.stringContaining('ALPINE-CVE-2099-0001') })
    for (const words of [
      ['show', 'CVE-1999-0001'],
      ['search', 'no-such-package'],
      ['search', 'openssl@99'],
    ])
      expect(await fixtures.run(['advisories', ...words])).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/^nothing found/),
      })
    expect(existsSync(fixtures.cache)).toBe(true)
  })
})
