import { expect, it } from 'vitest'
import type { MergedTree, PlacedRow } from '../../reading/index.ts'
import { assembleRust } from './assemble.ts'
import type { CratesFact } from './crates.ts'

it('20,000 lockfiles with a manifest each are put together in time', () => {
  const rows = Array.from({ length: 20_000 }, (_, at) => `home/projects/p${at}`).flatMap((folder) => [
    row(`${folder}/Cargo.lock`, 'cargo-lockfile', {
      kind: 'lock',
      crates: [
        { name: 'app', version: '1.0.0', dependsOn: [1] },
        { name: 'tried', version: '1.0.0', direct: true, dependsOn: [] },
      ],
    }),
    row(`${folder}/sub/Cargo.toml`, 'cargo-manifest', {
      kind: 'manifest',
      crates: [
        { name: 'app', version: '1.0.0', dependsOn: [1] },
        { name: 'tried', version: '1', direct: true, scope: 'development', dependsOn: [] },
      ],
    }),
  ])
  const there = new Set(rows.map(({ path }) => path))
  const tree: MergedTree = {
    resolve: (path) => (there.has(path) ? path : undefined),
    wins: () => true,
    since: () => 0,
  }
  const start = performance.now()
  const { components } = assembleRust(rows, { tree, layer: () => undefined })
  expect(performance.now() - start).toBeLessThan(5000)
  expect(components).toHaveLength(40_000)
  expect(components.filter(({ scope }) => scope === 'development')).toHaveLength(20_000)
})

function row(path: string, reader: string, fact: CratesFact): PlacedRow<CratesFact> {
  return { path, mode: 0o644, sizeBytes: 1, facts: [fact], reader, layer: 0, wins: true }
}
