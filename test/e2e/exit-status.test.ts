import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ALL_FINDINGS, useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'
import { slowMirror } from '../support/slow-mirror.ts'

const fixtures = useFlagFixtures()
const { image } = fixtures
const PROGRAM = join(import.meta.dirname, '../../bulwark')

interface Stopped {
  readonly status: number | null
  readonly stderr: string
}

/** Runs the program and sends a signal as soon as it says what it is doing. */
function stop(
  words: readonly string[],
  when: RegExp,
  signal: NodeJS.Signals,
  env: Readonly<Record<string, string>> = {},
): Promise<Stopped> {
  return new Promise((resolve, reject) => {
    const child = spawn(PROGRAM, words, {
      cwd: fixtures.cwd,
      env: { PATH: process.env.PATH, TMPDIR: fixtures.tmp, BULWARK_CACHE_DIR: fixtures.cache, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    let sent = false
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      if (!sent && when.test(stderr)) sent = child.kill(signal)
    })
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, stderr }))
  })
}

/** Every file of temporary, working and output folder, and of the cache. */
function everything(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
}

describe('the exit status', () => {
  it.each([['SIGINT', 130] as const, ['SIGTERM', 143] as const])(
    'is that of the signal for a scan stopped by %s, and nothing is left behind',
    async (signal, status) => {
      const huge = fixtures.hugeImage()
      const out = join(fixtures.folder, `out-${signal}`)
      mkdirSync(out)
      await fixtures.scan(image)
      const places = [fixtures.tmp, fixtures.cwd, fixtures.cache, out]
      const before = everything(...places)
      const words = ['scan', '--no-update', '--exit-code', '1', '--output', join(out, 'report'), huge]
      const stopped = await stop(words, /reading /, signal)
      expect(stopped.status, stopped.stderr).toBe(status)
      expect(stopped.stderr).toMatch(new RegExp(`^interrupted by ${signal}$`, 'm'))
      expect(everything(...places)).toEqual(before)
    },
  )

  it.each([['SIGINT', 130] as const, ['SIGTERM', 143] as const])(
    'is that of the signal for an update stopped by %s: the last good database stays, and nothing else',
    async (signal, status) => {
      const server = await slowMirror()
      try {
        const before = everything(fixtures.cache, fixtures.tmp)
        const asked = new Promise<void>((resolve) => {
          const hang = server.misbehave
          server.misbehave = (path, request, response) => {
            const hung = hang?.(path, request, response) === true
            if (hung) resolve()
            return hung
          }
        })
        const words = ['advisories', 'update', '--all', '--from', server.url]
        const stopped = await stopAfter(asked, words, signal)
        expect(stopped.status, stopped.stderr).toBe(status)
        expect(everything(fixtures.cache, fixtures.tmp)).toEqual(before)
        expect(await fixtures.found(image)).toEqual(ALL_FINDINGS)
      } finally {
        await server.close()
      }
    },
  )

  it('of an update that is killed outright: the last good database stays, and the next update clears up', async () => {
    const server = await slowMirror()
    try {
      const asked = new Promise<void>((resolve) => {
        server.misbehave = (path) => {
          if (path.endsWith('all.zip')) resolve()
          return path.endsWith('all.zip')
        }
      })
      const before = everything(fixtures.cache).length
      await stopAfter(asked, ['advisories', 'update', '--all', '--from', server.url], 'SIGKILL')
      expect(await fixtures.found(image)).toEqual(ALL_FINDINGS)
      server.misbehave = undefined
      const next = await fixtures.run(['advisories', 'update', '--all', '--from', server.url])
      expect(next.status, next.stderr).toBe(0)
      expect(everything(fixtures.cache).length).toBeLessThanOrEqual(before + 1)
    } finally {
      await server.close()
    }
  })

  it('of wrong usage is 2, before the target is looked at', async () => {
    expectRefused(await fixtures.run(['scan', '--no-such-flag', `${image}.gone`]), 2, '--no-such-flag')
    expectRefused(await fixtures.run(['scan', '--exit-code', '2', `${image}.gone`]), 2, '--exit-code')
    expectRefused(await fixtures.run(['scan']), 2, 'needs a target')
    expectRefused(await fixtures.run(['fs', image, image]), 2, 'one target')
    expectRefused(await fixtures.run(['advisories', 'nonsense']), 2, 'nonsense')
    expect(await fixtures.run([])).toMatchObject({ status: 2, stdout: '' })
    expect(await fixtures.run(['advisories'])).toMatchObject({ status: 2, stdout: '' })
  })

  it('of help and version is 0, on standard output', async () => {
    for (const command of ['scan', 'advisories', 'settings', 'demo', 'image', 'fs', 'rootfs', 'repo'])
      for (const words of [
        [command, '--help'],
        ['help', command],
      ])
        expect(await fixtures.run(words), words.join(' ')).toMatchObject({ status: 0, stderr: '' })
    for (const words of [['--help'], ['-h'], ['help'], ['--version']])
      expect(await fixtures.run(words)).toMatchObject({ status: 0, stderr: '' })
  })

  it('of a target that cannot be opened is 3, whatever --exit-code asks, with at most four lines', async () => {
    const truncated = fixtures.file('truncated.tar', Buffer.alloc(300, 'x'))
    for (const target of [`${image}.gone`, truncated, '/dev/null', fixtures.file('empty', '')]) {
      const ran = await fixtures.scan(target, ['--exit-code', '7'])
      expectRefused(ran, 3, target)
      expect(ran.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(4)
    }
  })

  it('of a reader that goes away early is no failure', async () => {
    const ran = await fixtures.scan(image, ['--format', 'json'], { shell: '"$0" "$@" | head -c 10; true' })
    expect(ran).toMatchObject({ status: 0, stdout: '{\n  "schema'.slice(0, 10), stderr: '' })
  })
})

/** Runs the program and sends a signal once something else has happened. */
async function stopAfter(happened: Promise<void>, words: readonly string[], signal: NodeJS.Signals): Promise<Stopped> {
  const child = spawn(PROGRAM, words, {
    cwd: fixtures.cwd,
    env: { PATH: process.env.PATH, TMPDIR: fixtures.tmp, BULWARK_CACHE_DIR: fixtures.cache },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Stopped>((resolve) => child.once('close', (status) => resolve({ status, stderr })))
  await Promise.race([happened, ended])
  child.kill(signal)
  return ended
}
