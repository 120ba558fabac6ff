import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'

interface Found {
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly ownedBy?: string
}

const sandbox = useSandbox()
const root = mkdtempSync(join(tmpdir(), 'bulwark-debian-'))
const include = 'python3-requests,perl,ruby,php-cli'
let skipped: string | undefined
let components: readonly Found[] = []

beforeAll(async () => {
  if (spawnSync('debootstrap', ['--version']).error) skipped = 'debootstrap is not installed'
  else if (process.getuid?.() !== 0) skipped = 'debootstrap needs root'
  if (skipped !== undefined) return
  const words = ['--variant=minbase', `--include=${include}`, 'bookworm', root]
  const made = spawnSync('debootstrap', words, { encoding: 'utf8', maxBuffer: 1024 ** 3 })
  if (made.status !== 0) {
    skipped = `debootstrap could not make a root: ${made.stdout.trim().split('\n').at(-1)}`
    return
  }
  const ran = await sandbox.run(['scan', `dir:${root}`, '--offline', '--allow-incomplete', '--format', 'json'])
  components = (JSON.parse(ran.stdout) as { components: readonly Found[] }).components
}, 600_000)

afterAll(() => rmSync(root, { recursive: true, force: true }))

/** What a program inside the root says, a line each, sorted. */
function listing(program: string, ...words: string[]): string[] {
  const ran = spawnSync('chroot', [root, program, ...words], { encoding: 'utf8', maxBuffer: 1024 ** 3 })
  if (ran.status !== 0) throw new Error(`${program}: ${ran.stderr}`)
  return [...new Set(ran.stdout.split('\n').filter((line) => line !== ''))].sort()
}

function found(type: string): string[] {
  const ours = components.filter(({ purl }) => purl.startsWith(`pkg:${type}/`))
  return [...new Set(ours.map(({ name, version }) => `${name} ${version}`))].sort()
}

describe('a Debian root with python3, perl, ruby and php from apt', () => {
  it('has the packages that dpkg lists', (ctx) => {
    if (skipped !== undefined) ctx.skip(skipped)
    // Packages of the machine's own architecture may carry it: `libc6:amd64`.
    const told = listing('dpkg-query', '-W').map((line) => line.replace(/:\w+\t/, '\t').replace('\t', ' '))
    console.log(`dpkg: ${found('deb').length} found, ${told.length} listed`)
    expect(found('deb')).toEqual(told.sort())
  })

  it("has the distributions that Python lists, all of them files of the system's packages", (ctx) => {
    if (skipped !== undefined) ctx.skip(skipped)
    const script =
      'import importlib.metadata as m\nfor d in m.distributions(): print(d.metadata["Name"].lower().replace("_", "-"), d.version)'
    const told = listing('python3', '-c', script)
    const ours = found('pypi').map((line) => line.toLowerCase().replaceAll('_', '-'))
    console.log(`python: ${ours.length} found, ${told.length} listed`)
    expect(ours).toEqual(told)
    for (const one of components.filter(({ purl }) => purl.startsWith('pkg:pypi/')))
      expect(one.ownedBy, one.name).toBeDefined()
  })

  it('has the gems that Ruby lists', (ctx) => {
    if (skipped !== undefined) ctx.skip(skipped)
    const told = listing('gem', 'list', '--local').flatMap((line) => {
      const [, name, versions = ''] = /^(\S+) \((.*)\)$/.exec(line) ?? []
      return versions.split(', ').map((version) => `${name} ${version.replace('default: ', '')}`)
    })
    console.log(`gems: ${found('gem').length} found, ${told.length} listed`)
    expect(found('gem')).toEqual(told.sort())
  })
})
