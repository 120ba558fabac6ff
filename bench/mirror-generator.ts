import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipped } from '../test/support/zip-writer.ts'

/**
 * How records are spread over ecosystems, about as in the public bucket: half of npm's are malicious packages, small ones. Each is filled
 * with real records of the slice, multiplied under other names: an ecosystem that the slice lacks with those of its like.
 */
const SHARES: readonly {
  readonly name: string
  readonly share: number
  readonly of: string
  readonly release?: readonly string[]
}[] = [
  { name: 'npm', share: 0.22, of: 'npm' },
  { name: 'Ubuntu', share: 0.2, of: 'Debian', release: ['20.04:LTS', '22.04:LTS', '24.04:LTS', '25.04'] },
  { name: 'Debian', share: 0.16, of: 'Debian', release: ['11', '12', '13', '14'] },
  {
    name: 'Red Hat',
    share: 0.08,
    of: 'AlmaLinux',
    release: ['enterprise_linux:8::baseos', 'enterprise_linux:9::baseos', 'enterprise_linux:10.0'],
  },
  {
    name: 'SUSE',
    share: 0.08,
    of: 'AlmaLinux',
    release: ['Linux Enterprise Server 15 SP5', 'Linux Enterprise Server 15 SP6'],
  },
  { name: 'AlmaLinux', share: 0.03, of: 'AlmaLinux', release: ['8', '9', '10'] },
  { name: 'Alpine', share: 0.03, of: 'Alpine', release: ['v3.19', 'v3.20', 'v3.21', 'v3.22'] },
  { name: 'PyPI', share: 0.06, of: 'PyPI' },
  { name: 'Maven', share: 0.03, of: 'Maven' },
  { name: 'Packagist', share: 0.03, of: 'Packagist' },
  { name: 'Bitnami', share: 0.03, of: 'Bitnami' },
  { name: 'Go', share: 0.02, of: 'Go' },
  { name: 'RubyGems', share: 0.01, of: 'RubyGems' },
  { name: 'crates.io', share: 0.01, of: 'crates.io' },
  { name: 'Hex', share: 0.01, of: 'Hex' },
]

interface Generated {
  id: string
  modified: string
  aliases?: string[]
  upstream?: string[]
  related?: string[]
  summary?: string
  affected?: { package?: { ecosystem: string; name: string; purl?: string } }[]
}

/** Records of the slice, as they are read from it. */
export type Slice = ReadonlyMap<string, readonly Generated[]>

/** Ecosystems whose records the generator takes from the slice. */
export const MODELS: readonly string[] = [...new Set(SHARES.map(({ of }) => of))]

/**
 * Writes a mirror of `records` records into a folder, in the layout of OSV's bucket. On day `day` half a percent of them, over all
 * ecosystems, differ from the day before.
 */
export function writeMirror(folder: string, slice: Slice, records: number, day: number): void {
  const listed: string[] = []
  for (const { name, share, of, release } of SHARES) {
    const models = slice.get(of) ?? []
    const files: Record<string, string> = {}
    const list: string[] = []
    const count = Math.round(records * share)
    for (let index = 0; index < count; index++) {
      const model = models[index % models.length]
      // Half of npm's are about one malicious package each.
      const record =
        name === 'npm' && index % 2 === 1
          ? malicious(index)
          : clone(model, Math.floor(index / models.length), name, release)
      for (let past = 1; past <= day; past++) if ((index + past * 7) % 200 === 0) change(record, past)
      if (files[`${record.id}.json`] === undefined) list.push(`${record.modified},${record.id}`)
      files[`${record.id}.json`] = JSON.stringify(record)
    }
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(
      join(folder, name, 'all.zip'),
      zipped(
        Object.entries(files).map(([file, body]) => ({ name: file, body, deflate: true })),
        { zip64: true },
      ),
    )
    writeFileSync(join(folder, name, 'modified_id.csv'), `${list.sort().reverse().join('\n')}\n`)
    listed.push(...(release?.map((one) => `${name}:${one}`) ?? [name]))
  }
  writeFileSync(join(folder, 'ecosystems.txt'), `${listed.join('\n')}\n`)
}

function clone(model: Generated, round: number, name: string, release: readonly string[] | undefined): Generated {
  const copy = structuredClone(model)
  const renamed = (id: string) => rename(id, round, name)
  copy.id = renamed(copy.id)
  for (const list of ['aliases', 'upstream', 'related'] as const) copy[list] = copy[list]?.map(renamed)
  copy.affected?.forEach(({ package: of }, index) => {
    if (of === undefined) return
    of.ecosystem = release === undefined ? name : `${name}:${release[(index + round) % release.length]}`
    if (round > 0) of.name = `${of.name}-${round}`
    delete of.purl
  })
  return copy
}

/** Another name of the same form: another number of a CVE, another suffix of anything else. */
function rename(id: string, round: number, name: string): string {
  const own = name.replaceAll(/[^A-Za-z]/g, '').toUpperCase()
  const prefixed = id.replace(/^(?:DEBIAN|ALPINE)-(?=CVE-)/, `${own}-`)
  if (round === 0) return prefixed
  // Ten digits that no real number has.
  const number = (_: string, year: string, of: string) =>
    `${year}9${String(round).padStart(3, '0')}${of.padStart(6, '0')}`
  return /CVE-\d{4}-\d+$/.test(prefixed) ? prefixed.replace(/(CVE-\d{4}-)(\d+)$/, number) : `${prefixed}-${round}`
}

function malicious(index: number): Generated {
  return {
    id: `MAL-2025-${index}`,
    modified: '2026-01-01T00:00:00Z',
    summary: `Malicious code in package-${index} (npm)`,
    affected: [
      {
        package: { ecosystem: 'npm', name: `package-${index}` },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
      } as never,
    ],
  }
}

function change(record: Generated, day: number): void {
  record.modified = `2026-11-${String(10 + day).padStart(2, '0')}T00:00:00Z`
  record.summary = `${record.summary ?? 'A weakness'} (looked at again on day ${day})`
}
