import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { osvRecord } from '../../test/mirror-server.ts'
import { ecosystemLicence, isEcosystemName, isRecordId, knownEcosystems } from './ecosystems.ts'
import { entriesOf, packEntry, unpackEntry } from './entries.ts'
import { memoryDatabase } from './memory.ts'
import { aliasSets, cveOf, namesOf } from './names.ts'
import { packageKey } from './package-key.ts'
import { narrowRecord, parseRecord } from './record.ts'
import { parsePackageQuery, searchAdvisories } from './search.ts'
import type { OsvRecord } from './types.ts'

function record(id: string, more: Readonly<Record<string, unknown>> = {}): OsvRecord {
  const parsed = narrowRecord(osvRecord(id, more))
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.record
}

describe('a record', () => {
  it('keeps what the model has, takes null for absent, and drops what it does not know', () => {
    const parsed = parseRecord(
      JSON.stringify({
        schema_version: '1.7.3',
        id: 'X-1',
        modified: '2026-01-01T00:00:00.123Z',
        aliases: ['CVE-2026-1', 'not an id'],
        withdrawn: null,
        severity: null,
        affected: [
          {
            package: { ecosystem: 'PyPI', name: 'A' },
            ranges: [
              { type: 'GIT', repo: 'https://x', events: [{ introduced: '0' }] },
              { type: 'FUTURE', events: 'whatever' },
              { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { last_affected: '2' }] },
            ],
          },
        ],
        credits: [{}],
      }),
    )
    expect(parsed).toEqual({
      ok: true,
      record: {
        id: 'X-1',
        modified: '2026-01-01T00:00:00.123Z',
        aliases: ['CVE-2026-1'],
        upstream: [],
        related: [],
        severity: [],
        affected: [
          {
            package: { ecosystem: 'PyPI', name: 'A' },
            ranges: [
              { type: 'GIT', events: [{ introduced: '0' }] },
              { type: 'ECOSYSTEM', events: [{ introduced: '0' }, { last_affected: '2' }] },
            ],
          },
        ],
        references: [],
      },
    })
  })

  it.each([
    ['not JSON', '{', /not JSON/],
    ['a list', '[]', /not an object/],
    ['no id', '{"modified":"2026-01-01T00:00:00Z"}', /id is missing/],
    ['an id that is a path', '{"id":"a/b","modified":"2026-01-01T00:00:00Z"}', /id has characters/],
    ['no time', '{"id":"A"}', /modified/],
    ['a wrong time', '{"id":"A","modified":"2026-99-01T00:00:00Z"}', /not a time/],
    ['aliases that are text', '{"id":"A","modified":"2026-01-01T00:00:00Z","aliases":"B"}', /not a list/],
    ['another id than its name', '{"id":"B","modified":"2026-01-01T00:00:00Z"}', /filed under/],
  ])('is refused with the reason: %s', (_name, text, reason) => {
    expect(parseRecord(text, 'A')).toEqual({ ok: false, reason: expect.stringMatching(reason) })
  })

  it('cannot reach the prototype of anything', () => {
    const text = '{"id":"A","modified":"2026-01-01T00:00:00Z","database_specific":{"__proto__":{"evil":1},"ok":1}}'
    const parsed = parseRecord(text)
    expect(parsed.ok && Object.keys(parsed.record.database_specific ?? {})).toEqual(['ok'])
    expect(({} as Record<string, unknown>).evil).toBeUndefined()
  })

  it('is read or refused whatever the JSON, and what is read reads the same again', () => {
    const keys = [
      'id',
      'modified',
      'affected',
      'aliases',
      'ranges',
      'events',
      'severity',
      'package',
      'versions',
      'name',
    ]
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('A-1', '2026-01-01T00:00:00Z', null, 5, 'SEMVER', ''),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('node'), { maxKeys: 6 }),
      ),
    }))
    fc.assert(
      fc.property(tree.node, (node) => {
        const text = JSON.stringify({ id: 'A-1', modified: '2026-01-01T00:00:00Z', ...(node as object) })
        const parsed = parseRecord(text)
        if (parsed.ok) expect(parseRecord(JSON.stringify(parsed.record))).toEqual(parsed)
        else expect(parsed.reason).not.toBe('')
      }),
    )
  })
})

describe('affected entries', () => {
  it('come back from their stored form as they were', () => {
    const event = fc.record(
      { introduced: fc.string(), fixed: fc.string(), last_affected: fc.string(), limit: fc.string() },
      { requiredKeys: [] },
    )
    const range = fc.record({
      type: fc.constantFrom('SEMVER' as const, 'ECOSYSTEM' as const),
      events: fc.array(event.filter((one) => Object.keys(one).length > 0)),
    })
    const entry = fc.record(
      {
        recordId: fc.string(),
        ecosystem: fc.string(),
        name: fc.string(),
        ranges: fc.array(range),
        versions: fc.array(fc.string()),
        severity: fc.array(fc.record({ type: fc.string(), score: fc.string() })),
        specific: fc.dictionary(fc.constantFrom('ecosystem_specific', 'database_specific'), fc.constant({ a: 1 })),
      },
      { requiredKeys: ['recordId', 'ecosystem', 'name', 'ranges', 'versions', 'severity'] },
    )
    fc.assert(
      fc.property(entry, (one) => {
        expect(unpackEntry(JSON.parse(JSON.stringify(packEntry(one))))).toEqual(one)
      }),
    )
  })

  it('are none for a withdrawn record, and only those of the ecosystem asked for', () => {
    expect(entriesOf(record('A', { withdrawn: '2026-01-01T00:00:00Z' }))).toEqual([])
    expect(entriesOf(record('A'), 'PyPI')).toEqual([])
    expect(entriesOf(record('A'), 'npm')).toHaveLength(1)
  })
})

describe('names', () => {
  const dsa = record('DSA-1-1', { upstream: ['CVE-2026-0001', 'CVE-2026-0002'] })
  const records = [
    record('DEBIAN-CVE-2026-0001', { upstream: ['CVE-2026-0001'] }),
    record('GHSA-aaaa', { aliases: ['CVE-2026-0001'] }),
    record('PYSEC-1', { aliases: ['GHSA-aaaa'] }),
    record('GHSA-bbbb', { aliases: ['CVE-2026-0002', 'GO-1'] }),
    dsa,
  ]

  it('join over aliases and upstream, but not through an advisory that bundles several weaknesses', () => {
    const database = memoryDatabase(records)
    expect(database.names('PYSEC-1')).toEqual(['CVE-2026-0001', 'DEBIAN-CVE-2026-0001', 'GHSA-aaaa', 'PYSEC-1'])
    expect(database.names('DSA-1-1')).toEqual(['DSA-1-1'])
    expect(database.covers('DSA-1-1')).toEqual(['CVE-2026-0001', 'CVE-2026-0002'])
    expect(database.covers('PYSEC-1')).toEqual([])
    expect(database.recordsNamed('CVE-2026-0002')).toEqual(['DSA-1-1', 'GHSA-bbbb'])
    expect(database.recordsNamed('GO-1')).toEqual(['DSA-1-1', 'GHSA-bbbb'])
  })

  it('take the related CVEs of distribution advisories that name them nowhere else, and of no others', () => {
    const alma = [{ package: { ecosystem: 'AlmaLinux:9', name: 'a' } }]
    const related = ['CVE-2026-0001', 'CVE-2026-0002', 'RHSA-1']
    expect(namesOf(record('ALSA-1', { related, affected: alma })).covers).toEqual(['CVE-2026-0001', 'CVE-2026-0002'])
    expect(namesOf(record('ALSA-2', { related: ['CVE-2026-0001'], affected: alma })).same).toEqual(['CVE-2026-0001'])
    expect(namesOf(record('NPM-1', { related }))).toEqual({ id: 'NPM-1', same: [], covers: [] })
  })

  it('never hold two CVE numbers in one set, and do not depend on the order of records', () => {
    const id = fc.constantFrom('CVE-2026-0001', 'CVE-2026-0002', 'GHSA-a', 'GHSA-b', 'PYSEC-1', 'GO-1', 'GO-2')
    const relation = fc.record({ id, same: fc.array(id, { maxLength: 3 }) })
    fc.assert(
      fc.property(fc.array(relation, { maxLength: 10 }), (relations) => {
        const sets = aliasSets(relations)
        for (const set of sets.all()) {
          expect(set.filter((name) => cveOf(name) !== undefined).length).toBeLessThanOrEqual(1)
          for (const name of set) expect(sets.names(name)).toEqual(set)
        }
      }),
    )
    const forwards = [...aliasSets(records.map(namesOf)).all()].map(String).sort()
    expect([...aliasSets(records.toReversed().map(namesOf)).all()].map(String).sort()).toEqual(forwards)
  })
})

describe('package keys', () => {
  it.each([
    ['PyPI', 'Zope.Interface__x', 'zope-interface-x'],
    ['NuGet', 'Newtonsoft.Json', 'newtonsoft.json'],
    ['Packagist', 'Symfony/HTTP', 'symfony/http'],
    ['crates.io', 'Serde_JSON', 'serde-json'],
    ['Debian:12', 'OpenSSL', 'OpenSSL'],
    ['Go', 'github.com/Masterminds/x', 'github.com/Masterminds/x'],
    ['Maven:https://maven.google.com', 'a:B', 'a:B'],
    ['SwiftURL', 'https://GitHub.com/a/B.git', 'github.com/a/b'],
  ])('%s files %s under %s', (ecosystem, name, key) => {
    expect(packageKey(ecosystem, name)).toBe(key)
  })

  it('do not change when taken again', () => {
    const ecosystem = fc.constantFrom(...knownEcosystems)
    fc.assert(
      fc.property(ecosystem, fc.string(), (of, name) => {
        expect(packageKey(of, packageKey(of, name))).toBe(packageKey(of, name))
      }),
    )
  })
})

describe('searching', () => {
  it('splits package, version and ecosystem', () => {
    expect(parsePackageQuery('@babel/core@7.0.0')).toEqual({ name: '@babel/core', version: '7.0.0' })
    expect(parsePackageQuery('@babel/core')).toEqual({ name: '@babel/core' })
    expect(parsePackageQuery('debian:openssl@1:3.0')).toEqual({
      ecosystem: 'Debian',
      name: 'openssl',
      version: '1:3.0',
    })
    expect(parsePackageQuery('org.x:y')).toEqual({ name: 'org.x:y' })
  })

  it('finds a package in every ecosystem, by that ecosystem own spelling', () => {
    const affected = [
      { package: { ecosystem: 'PyPI', name: 'foo-bar' } },
      { package: { ecosystem: 'npm', name: 'Foo_Bar' } },
    ]
    const database = memoryDatabase([record('A', { affected })])
    expect(searchAdvisories(database, 'Foo_Bar').map((hit) => hit.ecosystem)).toEqual(['PyPI', 'npm'])
    expect(searchAdvisories(database, 'npm:Foo_Bar@1', () => false)).toEqual([])
  })
})

describe('ecosystems', () => {
  it('are names that cannot lead out of a folder, each with a licence', () => {
    for (const name of knownEcosystems) expect(isEcosystemName(name) && ecosystemLicence(name) !== '').toBe(true)
    for (const name of ['', '..', 'a/b', 'a\\b', '.git', 'a\0', ' a', 'a..b']) expect(isEcosystemName(name)).toBe(false)
    for (const id of ['', '..', 'a/b', 'a b', 'é']) expect(isRecordId(id)).toBe(false)
    for (const id of ['ALBA-2019:0973', 'openSUSE-SU-2024:1-1', 'BIT-a_b-2020-1', 'OSVDB-1'])
      expect(isRecordId(id)).toBe(true)
  })
})
