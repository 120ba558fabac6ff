import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { DPKG_STATUS } from '../support/bad-image.ts'
import { expectHarmless, expectRefused, type Report, useSandbox } from '../support/sandbox.ts'

const sandbox = useSandbox()
let root = ''
let made = 0

/** A small Debian root file system. */
beforeEach(() => {
  root = join(sandbox.folder, `root-${++made}`)
  sandbox.file(`root-${made}/etc/os-release`, 'ID=debian\nVERSION_ID="12"\n')
  sandbox.file(`root-${made}/var/lib/dpkg/status`, DPKG_STATUS)
})

const names = ({ components }: Report): string[] => components.map(({ name }) => name).sort()
const database = () => join(root, 'var/lib/dpkg/status')
const pipe = (path: string) => execFileSync('mkfifo', [path])

describe('a directory', () => {
  it('with links in circles, to itself, to its parents and out of it', async () => {
    for (const [name, to] of [
      ['self', 'self'],
      ['a', 'b'],
      ['b', 'a'],
      ['up', '.'],
      ['top', '/'],
      ['out', '../../../../../../../../etc'],
    ])
      symlinkSync(to, join(root, name))
    symlinkSync('..', join(root, 'var/lib/up'))
    const ran = await sandbox.report(root)
    expect(names(ran.report)).toEqual(['libwebp7'])
    expectHarmless(ran)
  })

  it('whose package database is a link out of it: what lies outside is not read', async () => {
    const outside = sandbox.file('outside/status', DPKG_STATUS.replace('libwebp7', 'outside'))
    rmSync(database())
    symlinkSync(outside, database())
    const ran = await sandbox.report(root)
    expect(names(ran.report)).toEqual([])
    expect(ran.status).toBe(3)
    expectHarmless(ran)
  })

  it('whose folder of databases is a link out of it, or into a circle', async () => {
    for (const to of [join(sandbox.folder, 'outside'), 'dpkg']) {
      sandbox.file('outside/status', DPKG_STATUS.replace('libwebp7', 'outside'))
      rmSync(join(root, 'var/lib/dpkg'), { recursive: true })
      symlinkSync(to, join(root, 'var/lib/dpkg'))
      const ran = await sandbox.report(root)
      expect(names(ran.report)).toEqual([])
      expect(ran.status).toBe(3)
      expectHarmless(ran)
    }
  })

  it.each(['a pipe', 'a socket', 'a folder', 'a link to a pipe'])(
    'with %s where the package database lies does not hang',
    async (kind) => {
      rmSync(database())
      const server = createServer()
      if (kind === 'a pipe') pipe(database())
      if (kind === 'a folder') mkdirSync(database())
      if (kind === 'a socket') await new Promise<void>((resolve) => server.listen(database(), resolve))
      if (kind === 'a link to a pipe') {
        pipe(join(root, 'pipe'))
        symlinkSync('/pipe', database())
      }
      const ran = await sandbox.report(root, [])
      server.close()
      expect(ran.status).toBe(3)
      expect(JSON.stringify(ran.report.diagnostics)).toContain('"blind"')
      expectHarmless(ran)
    },
  )

  it.skipIf(process.getuid?.() !== 0)('with a device where the package database lies', async ({ skip }) => {
    rmSync(database())
    try {
      execFileSync('mknod', [database(), 'c', '1', '5'], { stdio: 'ignore' })
    } catch {
      skip('devices cannot be made here')
    }
    const ran = await sandbox.report(root)
    expect(ran.status).toBe(3)
    expect(ran.report.diagnostics).toContainEqual(expect.objectContaining({ code: 'not-a-file', effect: 'blind' }))
    expectHarmless(ran)
  })

  it.skipIf(process.getuid?.() !== 0)('that may be read in part only: what is missing is said', async () => {
    for (const name of ['', 'advisories', 'advisories/advisories']) chmodSync(join(sandbox.folder, name), 0o755)
    chmodSync(database(), 0o000)
    mkdirSync(join(root, 'closed'), { mode: 0o700 })
    const options = { uid: 65_534, env: { BULWARK_CACHE_DIR: '/nonexistent', TMPDIR: '/tmp' } }
    const ran = await sandbox.scan(root, ['--format', 'json'], options)
    expect(ran.status, ran.stderr).toBe(3)
    const { diagnostics } = JSON.parse(ran.stdout) as Report
    expect(diagnostics).toContainEqual(expect.objectContaining({ path: 'var/lib/dpkg/status', effect: 'blind' }))
    expect(diagnostics).toContainEqual(expect.objectContaining({ path: 'closed', effect: 'partial' }))
    chmodSync(root, 0o000)
    expectRefused(await sandbox.scan(root, [], options), 3, root, /permission denied/)
    chmodSync(root, 0o755)
  })

  it('with names that are not UTF-8, hard links and very deep folders', async () => {
    for (const [byte, name] of [
      [0xfe, 'p0'],
      [0xff, 'p1'],
    ] as const) {
      const folder = Buffer.concat([Buffer.from(`${root}/srv`), Buffer.of(byte), Buffer.from(`/node_modules/${name}`)])
      mkdirSync(folder, { recursive: true })
      writeFileSync(Buffer.concat([folder, Buffer.from('/package.json')]), `{"name":"${name}","version":"1.0.0"}`)
    }
    linkSync(database(), join(root, 'var/lib/dpkg/status-old'))
    // Longer than PATH_MAX: it can be made only in parts.
    const deep = Array(200).fill('d'.repeat(16)).join('/')
    for (const part of ['first', 'second']) mkdirSync(join(root, part, deep), { recursive: true })
    renameSync(join(root, 'second'), join(root, 'first', deep, 'second'))
    const ran = await sandbox.report(root)
    expect(names(ran.report)).toEqual(['libwebp7', 'p0', 'p1'])
    expectHarmless(ran)
    execFileSync('rm', ['-rf', root])
  })
})

describe('a target that is no file and no folder', () => {
  it('a pipe, a socket, a device, nothing, a link to itself', async () => {
    const here = (name: string) => join(root, name)
    pipe(here('pipe'))
    symlinkSync('loop', here('loop'))
    symlinkSync('nowhere', here('dangling'))
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(here('socket'), resolve))
    const cases = [
      [here('pipe'), /is a pipe/],
      [here('socket'), /is a socket/],
      ['/dev/zero', /is a device/],
      [here('none'), /no such file/],
      [here('dangling'), /no such file/],
      [here('loop'), /links run in a circle/],
      [`${here('etc/os-release')}/below`, /no such file/],
    ] as const
    for (const [target, says] of cases) {
      expectRefused(await sandbox.scan(target), 3, target, says)
      for (const prefix of ['dir:', 'file:', 'docker-archive:', 'oci-layout:'])
        expectRefused(await sandbox.scan(prefix + target), 3, target)
    }
    server.close()
  })

  it('a name with control characters is shown without them', async () => {
    const ran = await sandbox.scan('\x1b[31mred\x07\n.tar')
    expectRefused(ran, 3, /no such file/)
    expect(ran.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f]/)
  })

  it('an empty name, and none', async () => {
    expectRefused(await sandbox.scan(''), 2, /target/)
    expectRefused(await sandbox.run(['scan']), 2, /target/)
  })
})

describe('other files that a scan reads', () => {
  it('settings and exceptions that are pipes, devices, noise, too long or too deep', async () => {
    const exceptions = join(root, 'pipe')
    pipe(exceptions)
    for (const path of [exceptions, '/dev/zero', root, join(root, 'none')])
      expectRefused(await sandbox.scan(root, ['--ignorefile', path]), 2, path)
    const deep = `${'['.repeat(100_000)}`
    const bomb =
      'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]\n'
    for (const [i, text] of [
      deep,
      `vulnerabilities: ${deep}`,
      bomb,
      '{"__proto__": 1}',
      '\0\xff',
      'x: [',
      `a: ${'x'.repeat(2 ** 21)}`,
    ].entries()) {
      const folder = join(root, `settings-${i}`)
      mkdirSync(folder)
      writeFileSync(join(folder, '.bulwark.yaml'), text)
      expectRefused(await sandbox.scan(root, [], { cwd: folder }), 2, '.bulwark.yaml')
      const yaml = sandbox.file('exceptions.yaml', text)
      const ran = await sandbox.scan(root, ['--ignorefile', yaml])
      expect.soft([0, 2], ran.stderr).toContain(ran.status)
      expect.soft(ran.stderr).not.toMatch(/defect of bulwark/)
      expect.soft(ran.stdout + ran.stderr).toContain('exceptions.yaml')
      expectHarmless(ran)
    }
    const folder = join(root, 'settings-pipe')
    mkdirSync(folder)
    pipe(join(folder, '.bulwark.yaml'))
    expectRefused(await sandbox.scan(root, [], { cwd: folder }), 2, '.bulwark.yaml')
  })

  it('a report that cannot be written is an error, with nothing half-written', async () => {
    const target = root
    for (const output of ['/dev/full', join(root, 'no/such/folder/r.json'), root, join(root, 'etc/os-release/x')])
      expectRefused(await sandbox.scan(target, ['--output', output]), 3, output)
  })
})
