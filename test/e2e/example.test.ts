import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useSandbox } from '../support/sandbox.ts'

const ASSEMBLE = join(import.meta.dirname, '../../examples/shop/assemble.sh')

/** What is publicly known against the packages of the example: weakness, package, fixed version, known exploited since. */
const KNOWN = [
  ['CVE-2023-4863', 'libwebp7', '1.2.4-0.2+deb12u1', '2023-09-13'],
  ['CVE-2023-4911', 'libc6', '2.36-9+deb12u3', '2023-11-21'],
  ['CVE-2019-10744', 'lodash', '4.17.12', undefined],
  ['CVE-2021-44906', 'minimist', '1.2.6', undefined],
  ['CVE-2023-38545', 'curl', '7.88.1-10+deb12u4', undefined],
  ['CVE-2023-38545', 'libcurl4', '7.88.1-10+deb12u4', undefined],
  ['CVE-2023-45853', 'zlib1g', undefined, undefined],
  ['CVE-2021-23337', 'lodash', '4.17.21', undefined],
  ['CVE-2023-5363', 'libssl3', '3.0.11-1~deb12u2', undefined],
]

interface Answer {
  readonly components: readonly { readonly id: string; readonly name: string }[]
  readonly findings: readonly {
    readonly kind: string
    readonly names: readonly string[]
    readonly component?: string
    readonly fixes: readonly { readonly to?: string }[]
    readonly exploit: { readonly knownSince?: string }
  }[]
}

describe('the example', () => {
  const sandbox = useSandbox()
  const weaknesses = async (root: string) => {
    const ran = await sandbox.scan(root, ['--format', 'json', '--list-all-pkgs'])
    expect(ran.status, ran.stderr).toBe(0)
    const { components, findings } = JSON.parse(ran.stdout) as Answer
    const name = new Map(components.map((component) => [component.id, component.name]))
    return findings
      .filter(({ kind }) => kind === 'vulnerability')
      .map((finding) => [
        finding.names[0],
        name.get(finding.component ?? ''),
        finding.fixes[0]?.to,
        finding.exploit.knownSince,
      ])
  }

  it('has just the weaknesses that are publicly known, exploited ones first', async () => {
    const root = join(sandbox.folder, 'shop')
    execFileSync('sh', [ASSEMBLE, root])
    expect(await weaknesses(root)).toEqual(KNOWN)
  })

  it('has none of those left that an upgrade to the named version mends', async () => {
    const root = join(sandbox.folder, 'mended')
    execFileSync('sh', [ASSEMBLE, root])
    const status = join(root, 'var/lib/dpkg/status')
    let text = readFileSync(status, 'utf8')
    for (const [, name, to] of KNOWN)
      if (to !== undefined)
        text = text.replace(new RegExp(`(Package: ${name}\\n(?:.+\\n)*?Version: ).+`), (_, before) => `${before}${to}`)
    writeFileSync(status, text)
    const left = (await weaknesses(root)).map(([cve, name]) => `${cve} ${name}`)
    expect(left).toEqual([
      'CVE-2019-10744 lodash',
      'CVE-2021-44906 minimist',
      'CVE-2023-45853 zlib1g',
      'CVE-2021-23337 lodash',
    ])
  })
})
