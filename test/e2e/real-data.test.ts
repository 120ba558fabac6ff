import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasMirror, MIRROR } from '../support/advisories.ts'
import { namesIn, useFlagFixtures } from '../support/flag-fixtures.ts'
import { dockerArchive, tarball } from '../support/tar-writer.ts'

const IMAGES = resolve(process.env.BULWARK_CONFORMANCE ?? '../shared/conformance', 'images')
const ARCHIVE = join(IMAGES, 'alpine-310.tar.gz')
const LISTED = join(IMAGES, 'alpine-310.packages.json')
const fixtures = useFlagFixtures()

/** A package as the list beside the archive states it. */
interface Listed {
  readonly Name: string
  readonly Version: string
  readonly Arch: string
  readonly SrcName: string
  readonly Licenses: readonly string[]
}

/** The cache folder of a database made from the slice of OSV's bucket, of Alpine's records only. */
async function alpineAdvisories(): Promise<readonly string[]> {
  const words = ['--cache-dir', join(fixtures.folder, 'slice')]
  const ran = await fixtures.run(['advisories', 'update', '--from', MIRROR, '--ecosystems', 'Alpine', ...words])
  expect(ran.status, ran.stderr).toBe(0)
  return words
}

describe.skipIf(!existsSync(ARCHIVE) || !hasMirror('Alpine'))('Alpine 3.10 (needs the shared data)', () => {
  it('with the packages that are listed: CVE-2019-1549 on both libraries of OpenSSL, and not CVE-2019-1551', async () => {
    const listed = JSON.parse(readFileSync(LISTED, 'utf8')) as readonly Listed[]
    expect(listed).toHaveLength(14)
    const installed = listed.map(
      ({ Name, Version, Arch, SrcName, Licenses }) =>
        `P:${Name}\nV:${Version}\nA:${Arch}\nL:${Licenses.join(' AND ')}\no:${SrcName}\n\n`,
    )
    const layer = tarball([
      {
        name: 'etc/os-release',
        body: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.10.2\nPRETTY_NAME="Alpine Linux v3.10"\n',
      },
      { name: 'lib/apk/db/installed', body: installed.join('') },
    ])
    const target = fixtures.file('alpine-3.10.2.tar', dockerArchive([{ layers: [layer] }]))
    const ran = await fixtures.scan(target, ['--format', 'json', ...(await alpineAdvisories())])
    expect(ran.status, ran.stderr).toBe(0)
    const names = namesIn(ran)
    expect(names).toEqual(expect.arrayContaining(['CVE-2019-1549 libcrypto1.1', 'CVE-2019-1549 libssl1.1']))
    expect(names.filter((name) => name.startsWith('CVE-2019-1551'))).toEqual([])
    const fixes = JSON.parse(ran.stdout).findings.filter(
      ({ names: [name] }: { names: string[] }) => name === 'CVE-2019-1549',
    )
    expect(fixes.map(({ fixes: [fix] }: { fixes: { to: string }[] }) => fix.to)).toEqual(['1.1.1d-r0', '1.1.1d-r0'])
  })

  it('as the archive has it: OpenSSL 1.1.1d-r2 has neither, and the system is past its end of life', async () => {
    const ran = await fixtures.scan(ARCHIVE, ['--format', 'json', ...(await alpineAdvisories())])
    expect(ran.status, ran.stderr).toBe(0)
    const { components, findings } = JSON.parse(ran.stdout)
    expect(components).toHaveLength(14)
    expect(namesIn(ran).filter((name) => /^CVE-2019-15(49|51) /.test(name))).toEqual([])
    expect(findings.map(({ kind }: { kind: string }) => kind)).toContain('end-of-life')
  })
})

/** The form in which dpkg-query is asked; `${}` is its own syntax. */
const QUERY = ['db:Status-Status', 'Package', 'Version']
  .map((field) => `\${${field}}`)
  .join(' ')
  .concat('\n')

describe.skipIf(!existsSync('/var/lib/dpkg/status'))('the system of this machine (needs dpkg)', () => {
  it('has the OS packages that dpkg-query lists, with its Python packages read beside them', async () => {
    const root = join(fixtures.folder, 'this machine')
    const python = 'usr/lib/python3/dist-packages'
    for (const path of ['etc', 'var/lib/dpkg', python]) mkdirSync(join(root, path), { recursive: true })
    copyFileSync('/etc/os-release', join(root, 'etc/os-release'))
    copyFileSync('/var/lib/dpkg/status', join(root, 'var/lib/dpkg/status'))
    cpSync('/var/lib/dpkg/info', join(root, 'var/lib/dpkg/info'), { recursive: true })
    const metadata = existsSync(`/${python}`)
      ? readdirSync(`/${python}`).filter((name) => /\.(dist|egg)-info$/.test(name))
      : []
    for (const name of metadata) cpSync(join('/', python, name), join(root, python, name), { recursive: true })
    const ran = await fixtures.scan(`dir:${root}`, ['--format', 'json', '--allow-incomplete'])
    expect(ran.status, ran.stderr).toBe(0)
    const { components } = JSON.parse(ran.stdout) as { components: { kind: string; name: string; version: string }[] }
    const found = components.filter(({ kind }) => kind === 'os').map(({ name, version }) => `${name} ${version}`)
    const query = spawnSync('dpkg-query', ['-W', '-f', QUERY], {
      encoding: 'utf8',
    })
    const installed = query.stdout.match(/(?<=^installed ).*$/gm) ?? []
    expect(installed.length).toBeGreaterThan(10)
    expect(found.sort()).toEqual([...installed].sort())
  })
})
