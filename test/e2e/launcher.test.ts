import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CountedNpm, copyCheckout, start } from '../support/checkout.ts'

const VERSION = `bulwark ${JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).version}\n`

/** A program that shows what the launcher hands to it. */
const PROGRAM = `declare const BULWARK_VERSION: string
const [command, word] = process.argv.slice(2)
if (command === '--version') process.stdout.write('bulwark ' + BULWARK_VERSION + '\\n')
else if (command === 'exit') process.exitCode = Number(word)
else if (command === 'words') process.stdout.write(JSON.stringify(process.argv.slice(2)))
else if (command === 'wait') {
  setInterval(() => {}, 1000)
  process.on('SIGTERM', () => process.exit(143))
  process.stdout.write('ready')
}
`

describe('the launcher', () => {
  let scratch = ''
  let checkout = ''
  let bulwark = ''
  let npm: CountedNpm
  /** A PATH on which nothing lies but uname: whoever needs npm, or another Node, fails. */
  let bare = ''

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bulwark launcher '))
    chmodSync(scratch, 0o755)
    checkout = join(scratch, 'a clone')
    copyCheckout(checkout, PROGRAM)
    bulwark = join(checkout, 'bulwark')
    npm = new CountedNpm(join(scratch, 'npm'))
    bare = join(scratch, 'bare')
    mkdirSync(bare)
    symlinkSync('/usr/bin/uname', join(bare, 'uname'))
  })
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    const { NODE_OPTIONS: _, ...rest } = process.env
    return { ...rest, PATH: `${npm.folder}:${process.env.PATH}`, npm_config_prefer_offline: 'true', ...more }
  }

  function bundles(): string[] {
    return readdirSync(join(checkout, '.build')).filter((name) => /^[0-9a-f]{32}/.test(name))
  }

  it('installs once and builds once when thirty start at the same time on a fresh clone, with an empty home', async () => {
    const home = join(scratch, 'home')
    mkdirSync(home)
    const env = environment({ HOME: home, CI: 'true', NODE_ENV: 'production' })
    // The cache of npm may be this machine's: the packages themselves are not what is tested.
    env.npm_config_cache = (await start('npm', ['config', 'get', 'cache'], { cwd: checkout })).stdout.trim()
    const ended = await Promise.all(Array.from({ length: 30 }, () => start(bulwark, ['--version'], { env })))
    expect(new Set(ended.map((one) => `${one.status} ${one.stdout}${one.stderr}`))).toEqual(new Set([`0 ${VERSION}`]))
    expect(npm.runs).toBe(1)
    expect(bundles()).toHaveLength(1)
  })

  it('starts neither npm nor anything else when nothing has changed', async () => {
    expect(await start(bulwark, ['--version'], { env: { PATH: bare } })).toMatchObject({
      status: 0,
      stdout: VERSION,
      stderr: '',
    })
  })

  it('runs from any folder, through symbolic links, absolute and relative', async () => {
    const links = join(scratch, 'links')
    mkdirSync(links)
    symlinkSync('../a clone/bulwark', join(links, 'relative'))
    symlinkSync(join(links, 'relative'), join(links, 'absolute'))
    const env = { PATH: `${bare}:/usr/bin:/bin:${links}` }
    for (const [program, words, cwd] of [
      [join(links, 'absolute'), ['--version'], '/'],
      ['./relative', ['--version'], links],
      ['absolute', ['--version'], '/'],
      ['sh', ['bulwark', '--version'], checkout],
      ['sh', ['../links/absolute', '--version'], checkout],
    ] as const)
      expect(await start(program, words, { cwd, env })).toMatchObject({ status: 0, stdout: VERSION })
  })

  it('is not disturbed by NODE_OPTIONS, an empty HOME, or none', async () => {
    for (const more of [{ NODE_OPTIONS: '--no-such-option --require ./gone.js' }, { HOME: '' }, {}])
      expect(await start(bulwark, ['--version'], { env: { PATH: bare, ...more } })).toMatchObject({
        status: 0,
        stdout: VERSION,
      })
  })

  it('passes words, exit status and signals through', async () => {
    const env = { PATH: bare }
    const words = ['words', 'a b', '', '*', '$HOME', "it's", '--', '-x']
    expect(JSON.parse((await start(bulwark, words, { env })).stdout)).toEqual(words)
    for (const status of [0, 1, 2, 3, 143])
      expect(await start(bulwark, ['exit', String(status)], { env })).toMatchObject({ status })
    const child = spawn(bulwark, ['wait'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'close')
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await ended).toEqual([143, null])
  })

  it('does not install again when only the time of the lock file differs', async () => {
    const runs = npm.runs
    utimesSync(join(checkout, 'package-lock.json'), new Date(), new Date(Date.now() - 1_000_000))
    expect(await start(bulwark, ['--version'], { env: environment() })).toMatchObject({ status: 0, stdout: VERSION })
    expect(npm.runs).toBe(runs)
  })

  it('builds anew when a source changes, and leaves the bundle that others may still run', async () => {
    const before = bundles()
    utimesSync(join(checkout, 'src/cli/main.ts'), new Date(), new Date())
    expect(await start(bulwark, ['--version'], { env: environment() })).toMatchObject({ status: 0, stdout: VERSION })
    expect(bundles()).toHaveLength(before.length + 1)
    expect(bundles()).toEqual(expect.arrayContaining(before))
  })

  it('removes a bundle that nobody has started for a while', async () => {
    const [old] = bundles()
    for (const name of bundles()) utimesSync(join(checkout, '.build', name), new Date(0), new Date(0))
    utimesSync(join(checkout, 'src/cli/main.ts'), new Date(), new Date())
    expect(await start(bulwark, ['--version'], { env: environment() })).toMatchObject({ status: 0 })
    expect(bundles()).not.toContain(old)
    expect(bundles()).toHaveLength(1)
  })

  it('keeps the bundle in the cache of the user where the checkout cannot be written', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs to run as root, to start as a user who may not write')
    const nobody = 65534
    const home = join(scratch, 'home of nobody')
    mkdirSync(home, { mode: 0o777 })
    chmodSync(home, 0o777)
    utimesSync(join(checkout, 'src/cli/main.ts'), new Date(), new Date())
    const env = { PATH: `${bare}:/usr/bin:/bin`, HOME: home }
    for (let round = 0; round < 2; round++)
      expect(await start(bulwark, ['--version'], { env, uid: nobody })).toMatchObject({
        status: 0,
        stdout: VERSION,
        stderr: '',
      })
    expect(readdirSync(join(home, '.cache/bulwark/build'))).toHaveLength(1)
  })
})
