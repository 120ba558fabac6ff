import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CATALOGERS, describeCatalogers, ecosystemsPage } from './index.ts'

describe('descriptions of catalogers', () => {
  it('name every cataloger once, with the files that it reads', () => {
    const described = describeCatalogers(CATALOGERS)
    expect(new Set(described.map(({ id }) => id)).size).toBe(CATALOGERS.length)
    for (const { id, files } of described) expect(files, id).not.toEqual([])
    expect(described.find(({ id }) => id === 'dpkg')?.files).toContain('var/lib/dpkg/status')
    expect(described.find(({ id }) => id === 'npm')?.files).toContain('package-lock.json')
  })

  it('every reader belongs to one name', () => {
    const byId = new Map(CATALOGERS.flatMap(({ readers }) => readers).map((reader) => [reader.id, reader]))
    for (const { readers } of CATALOGERS) for (const reader of readers) expect(byId.get(reader.id)).toBe(reader)
  })

  it('docs/ecosystems.md is what they say (node tools/ecosystems.ts)', () => {
    const page = readFileSync(new URL('../../docs/ecosystems.md', import.meta.url), 'utf8')
    expect(page).toBe(ecosystemsPage(CATALOGERS))
  })
})
