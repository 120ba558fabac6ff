import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'

const sandbox = useSandbox()
const root = mkdtempSync(join(tmpdir(), 'bulwark-native-'))
afterAll(() => {
  // The module cache of Go is read-only.
  spawnSync('chmod', ['-R', 'u+w', root])
  rmSync(root, { recursive: true, force: true })
})

async function found(folder: string): Promise<string[]> {
  const ran = await sandbox.run(['scan', `dir:${folder}`, '--offline', '--allow-incomplete', '--format', 'json'])
  const { components } = JSON.parse(ran.stdout) as { components: { name: string; version: string }[] }
  return [...new Set(components.map(({ name, version }) => `${name} ${version}`))].sort()
}

describe('a Go program built with dependencies', () => {
  it('has the modules that go version -m lists', { timeout: 300_000 }, async (ctx) => {
    if (spawnSync('go', ['version']).error) ctx.skip('go is not installed')
    const folder = join(root, 'go')
    mkdirSync(join(folder, 'out'), { recursive: true })
    writeFileSync(join(folder, 'go.mod'), 'module example.com/hello\n\ngo 1.20\n')
    writeFileSync(
      join(folder, 'main.go'),
      'package main\nimport "github.com/sirupsen/logrus"\nfunc main() { logrus.Info("hello") }\n',
    )
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', GOMODCACHE: join(root, 'cache') }
    const go = (...words: string[]) => spawnSync('go', words, { cwd: folder, encoding: 'utf8', env })
    const got = go('get', 'github.com/sirupsen/logrus@v1.9.3')
    if (got.status !== 0) ctx.skip(`the module could not be fetched: ${got.stderr.trim().split('\n').at(-1)}`)
    const built = go('build', '-ldflags', '-s -w -X main.version=3.2.1', '-o', 'out/hello', '.')
    expect(built.stderr).toBe('')
    const lines = go('version', '-m', 'out/hello').stdout.split('\n')
    const listed = lines.flatMap((line) => {
      const [, kind, path, version = ''] = line.split('\t')
      return kind === 'dep' ? [`${path} ${version.replace(/^v/, '')}`] : []
    })
    const toolchain = /: go([\d.]+)/.exec(lines[0] ?? '')?.[1]
    const expected = [...listed, 'example.com/hello 3.2.1', `stdlib ${toolchain}`].sort()
    const ours = await found(join(folder, 'out'))
    console.log(`go: ${ours.length} found, ${expected.length} listed`)
    expect(listed.length).toBeGreaterThan(1)
    expect(ours).toEqual(expected)
  })
})

describe('a Cargo project', () => {
  it('has the crates that cargo metadata lists', { timeout: 300_000 }, async (ctx) => {
    if (spawnSync('cargo', ['--version']).error) ctx.skip('cargo is not installed')
    const folder = join(root, 'rust')
    mkdirSync(join(folder, 'src'), { recursive: true })
    writeFileSync(
      join(folder, 'Cargo.toml'),
      '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nserde_json = "1"\n',
    )
    writeFileSync(join(folder, 'src/main.rs'), 'fn main() {}\n')
    const words = ['metadata', '--format-version', '1']
    const told = spawnSync('cargo', words, { cwd: folder, encoding: 'utf8', maxBuffer: 1024 ** 3 })
    if (told.status !== 0) ctx.skip(`crates could not be fetched: ${told.stderr.trim().split('\n').at(-1)}`)
    const { packages } = JSON.parse(told.stdout) as { packages: { name: string; version: string }[] }
    const listed = packages.map(({ name, version }) => `${name} ${version}`).sort()
    const ours = await found(folder)
    console.log(`cargo: ${ours.length} found, ${listed.length} listed`)
    expect(ours).toEqual(listed)
  })
})

describe('a Rust program built by cargo-auditable', () => {
  it('has the crates that cargo tree lists', { timeout: 600_000 }, async (ctx) => {
    if (spawnSync('cargo', ['--version']).error) ctx.skip('cargo is not installed')
    const tools = join(root, 'tools')
    const installed = spawnSync('cargo', ['install', '--quiet', '--debug', '--root', tools, 'cargo-auditable'], {
      encoding: 'utf8',
    })
    if (installed.status !== 0)
      ctx.skip(`cargo-auditable could not be installed: ${installed.stderr.trim().split('\n').at(-1)}`)
    const folder = join(root, 'auditable')
    mkdirSync(join(folder, 'src'), { recursive: true })
    mkdirSync(join(folder, 'out'))
    writeFileSync(
      join(folder, 'Cargo.toml'),
      '[package]\nname = "audited"\nversion = "0.2.0"\nedition = "2021"\n[dependencies]\nserde_json = "1"\nregex = "1"\n',
    )
    writeFileSync(
      join(folder, 'src/main.rs'),
      'fn main() { println!("{} {:?}", serde_json::json!(1), regex::Regex::new("a")) }\n',
    )
    const env = { ...process.env, PATH: `${join(tools, 'bin')}:${process.env.PATH}` }
    const cargo = (...words: string[]) => spawnSync('cargo', words, { cwd: folder, encoding: 'utf8', env })
    const built = cargo('auditable', 'build', '--quiet')
    expect(built.stderr).toBe('')
    copyFileSync(join(folder, 'target/debug/audited'), join(folder, 'out/audited'))
    const lines = cargo('tree', '--edges', 'normal', '--prefix', 'none', '--format', '{p}').stdout.split('\n')
    const listed = [...new Set(lines.flatMap((line) => /^(\S+) v(\S+)/.exec(line)?.slice(1, 3).join(' ') ?? []))].sort()
    const ours = await found(join(folder, 'out'))
    console.log(`cargo auditable: ${ours.length} found, ${listed.length} listed`)
    expect(listed.length).toBeGreaterThan(5)
    expect(ours).toEqual(listed)
  })
})
