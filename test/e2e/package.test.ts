import { hash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyCheckout, realNpm, start } from '../support/checkout.ts'
import { tarOf } from '../support/image-builder.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A `docker save` archive of one layer that holds an Alpine system with one package. */
function alpineArchive(): Buffer {
  const layer = tarOf([
    { name: 'etc/os-release', text: 'ID=alpine\nVERSION_ID=3.20.3\nNAME="Alpine Linux"\n' },
    { name: 'lib/apk/db/installed', text: 'P:zlib\nV:1.3.1-r1\nA:x86_64\nL:Zlib\no:zlib\n\n' },
  ])
  const config = JSON.stringify({
    os: 'linux',
    architecture: 'amd64',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${hash('sha256', layer)}`] },
  })
  const manifest = [{ Config: 'config.json', RepoTags: ['packed:1'], Layers: ['layer.tar'] }]
  return tarOf([
    { name: 'layer.tar', text: layer },
    { name: 'config.json', text: config },
    { name: 'manifest.json', text: JSON.stringify(manifest) },
  ])
}

describe('the package that npm makes', () => {
  let scratch = ''
  let installed = ''
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    // npm runs on the Node that it came with, as the launcher runs it: that one knows the system's certificates.
    PATH: `${dirname(realNpm())}:${process.env.PATH}`,
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  }

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'bulwark package '))
    const checkout = join(scratch, 'checkout')
    copyCheckout(checkout)
    // What is installed here is what a clone would install: only the launcher's own stamp is not copied along.
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
    // The scripts that pack run npm's own Node only to start; the bundle is built by the pinned one.
    const build = await start(process.execPath, [join(checkout, 'tools/build.ts')], { cwd: checkout })
    expect(build).toMatchObject({ status: 0, stderr: '' })
    const pack = await start(realNpm(), ['pack', '--ignore-scripts', '--pack-destination', scratch], {
      cwd: checkout,
      env,
    })
    expect(pack.status, pack.stderr).toBe(0)
    const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'))!
    const empty = join(scratch, 'an empty folder')
    mkdirSync(empty)
    writeFileSync(join(empty, 'package.json'), '{}')
    const install = await start(realNpm(), ['install', '--ignore-scripts', join(scratch, tarball)], { cwd: empty, env })
    expect(install.status, install.stderr).toBe(0)
    rmSync(checkout, { recursive: true })
    installed = join(empty, 'node_modules/.bin/bulwark')
  })
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  function run(...words: string[]) {
    const home = join(scratch, 'home')
    return start(installed, words, { cwd: scratch, env: { PATH: '/usr/bin:/bin', HOME: home } })
  }

  it('says its version', async () => {
    expect(await run('--version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^bulwark \d+\.\d+\.\d+\n$/),
      stderr: '',
    })
  })

  it('ships the bundle with its licences, and neither sources nor tests', () => {
    const home = join(dirname(dirname(installed)), 'bulwark')
    expect(existsSync(join(home, 'src'))).toBe(false)
    expect(readdirSync(join(home, 'dist'))).toEqual(
      expect.arrayContaining(['bulwark.js', 'layer-worker.js', 'THIRD-PARTY-NOTICES.txt']),
    )
    expect(readdirSync(join(home, 'tools'))).toEqual(['start.mjs'])
  })

  it('scans an image, with workers, and writes nothing into its own folder', async () => {
    const archive = join(scratch, 'packed.tar')
    writeFileSync(archive, alpineArchive())
    const scan = await run('scan', archive, '--offline', '--allow-incomplete', '--format', 'json', '--list-all-pkgs')
    expect(scan.status, scan.stderr).toBe(0)
    expect(scan.stdout).toContain('"zlib"')
    expect(scan.stdout).toContain('1.3.1-r1')
    expect(existsSync(join(dirname(dirname(installed)), 'bulwark/.build'))).toBe(false)
  })

  it('runs the demo', async () => {
    const demo = await run('demo')
    expect(demo.status, demo.stderr).toBe(0)
    expect(demo.stdout).toContain('CVE-')
  })
})
