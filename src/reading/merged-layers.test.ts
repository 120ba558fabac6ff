import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeIndex, encodeIndex } from './codec.ts'
import { LayerPaths } from './layer-paths.ts'
import { MergedLayers } from './merged-layers.ts'
import { parentOf } from './parent-path.ts'

type Step =
  | { readonly do: 'file' | 'folder' | 'whiteout' | 'opaque'; readonly path: string }
  | { readonly do: 'link'; readonly path: string; readonly to: string }

interface ModelNode {
  readonly kind: 'file' | 'folder' | 'symlink'
  readonly layer: number
  readonly to?: string
}

/** Unpacks layers one after the other, as an engine does: what the merge over indexes must agree with. */
class Model {
  readonly nodes = new Map<string, ModelNode>()

  apply(steps: readonly Step[], layer: number): void {
    for (const step of steps) {
      if (step.do === 'whiteout') this.#remove(step.path)
      if (step.do === 'opaque') this.#removeBelow(step.path)
    }
    for (const step of steps) {
      this.#makeFolders(step.do === 'opaque' ? `${step.path}/x` : step.path, layer)
      if (step.do === 'folder') this.#makeFolders(`${step.path}/x`, layer)
      if (step.do === 'file' || step.do === 'link') {
        this.#remove(step.path)
        const node = step.do === 'link' ? { kind: 'symlink' as const, to: step.to } : { kind: 'file' as const }
        this.nodes.set(step.path, { ...node, layer })
      }
    }
  }

  resolve(path: string): string | undefined {
    const pending = path.split('/')
    let at: string[] = []
    for (let links = 0; pending.length > 0; ) {
      const segment = pending.shift()
      if (segment === '' || segment === '.' || segment === undefined) continue
      if (segment === '..') {
        at.pop()
        continue
      }
      const node = this.nodes.get([...at, segment].join('/'))
      if (node === undefined || (node.kind === 'file' && pending.length > 0)) return undefined
      if (node.kind !== 'symlink') at.push(segment)
      else {
        if (++links > 40) return undefined
        if (node.to?.startsWith('/')) at = []
        pending.unshift(...(node.to ?? '').split('/'))
      }
    }
    return at.join('/')
  }

  #makeFolders(path: string, layer: number): void {
    const segments = path.split('/')
    for (let i = 1; i < segments.length; i++) {
      const folder = segments.slice(0, i).join('/')
      if (this.nodes.get(folder)?.kind !== 'folder') this.nodes.set(folder, { kind: 'folder', layer })
    }
  }

  #remove(path: string): void {
    this.nodes.delete(path)
    this.#removeBelow(path)
  }

  #removeBelow(path: string): void {
    for (const other of [...this.nodes.keys()]) if (other.startsWith(`${path}/`)) this.nodes.delete(other)
  }
}

function indexOf(steps: readonly Step[]) {
  const paths = new LayerPaths(1_000_000)
  for (const [i, step] of steps.entries()) {
    if (step.do === 'link') paths.addSymlink(step.path, step.to)
    else if (step.do === 'file') paths.addFile(step.path, i)
    else if (step.do === 'folder') paths.addFolder(step.path)
    else if (step.do === 'whiteout') paths.addWhiteout(step.path)
    else paths.addOpaque(step.path)
  }
  return decodeIndex(encodeIndex(paths.takeIndex(), []))
}

const segment = fc.constantFrom('a', 'b', 'c')
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'))
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('file', 'file', 'folder', 'whiteout', 'opaque'), path }),
  fc.record({
    do: fc.constant('link' as const),
    path: fc
      .tuple(fc.option(path), fc.constantFrom('l', 'm', 'n'))
      .map(([folder, name]) => (folder ? `${folder}/${name}` : name)),
    to: fc
      .tuple(
        fc.constantFrom('', '/', '../', './', '../../../'),
        fc.array(fc.constantFrom('a', 'b', 'l', 'm', 'n', '..'), { minLength: 1, maxLength: 3 }),
      )
      .map(([start, segments]) => start + segments.join('/')),
  }),
)
const layersOf = fc.array(fc.array(step, { maxLength: 8 }), { minLength: 1, maxLength: 5 })

function everyPath(layers: readonly (readonly Step[])[]): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { path: named } of layers.flat()) for (let at = named; at !== ''; at = parentOf(at)) paths.add(at)
  return paths
}

describe('the merge over indexes', () => {
  it('agrees with unpacking the layers one after the other', () => {
    fc.assert(
      fc.property(layersOf, (layers) => {
        const model = new Model()
        for (const [layer, steps] of layers.entries()) model.apply(steps, layer)
        const merged = new MergedLayers(layers.map(indexOf))
        for (const at of everyPath(layers)) {
          const expected = model.nodes.get(at)
          const node = merged.find(at, layers.length - 1)
          expect([at, node?.kind, node?.to]).toEqual([at, expected?.kind, expected?.to])
          for (const layer of layers.keys()) {
            const view = merged.view(layer)
            if (view?.hasFile(at) !== true || view.link(at) !== undefined) continue
            expect([at, layer, merged.bodySurvives(at, layer)]).toEqual([at, layer, merged.isSurvivor(at, layer)])
          }
          if (expected?.kind !== 'file') continue
          for (const layer of layers.keys()) expect(merged.isSurvivor(at, layer)).toBe(layer === expected.layer)
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('resolves links as a walk over the unpacked tree does, and never outside', () => {
    const asked = fc.array(fc.constantFrom('a', 'b', 'l', 'm', 'n', '..'), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(layersOf, fc.array(asked, { minLength: 5, maxLength: 20 }), (layers, queries) => {
        const model = new Model()
        for (const [layer, steps] of layers.entries()) model.apply(steps, layer)
        const merged = new MergedLayers(layers.map(indexOf))
        for (const query of queries.map((segments) => segments.join('/'))) {
          expect([query, merged.resolve(query, layers.length - 1)]).toEqual([query, model.resolve(query)])
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('gives every older state of the image too', () => {
    fc.assert(
      fc.property(layersOf, (layers) => {
        const model = new Model()
        const merged = new MergedLayers(layers.map(indexOf))
        for (const [layer, steps] of layers.entries()) {
          model.apply(steps, layer)
          for (const at of everyPath(layers)) expect(merged.find(at, layer)?.kind).toBe(model.nodes.get(at)?.kind)
        }
      }),
    )
  })

  it('leaves out a layer that could not be read', () => {
    const layers = [indexOf([{ do: 'file', path: 'a' }]), undefined]
    expect(new MergedLayers(layers).find('a', 1)).toEqual({ kind: 'file', layer: 0 })
  })

  it('walks a path of two thousand folders', () => {
    const deep = Array(2000).fill('a').join('/')
    expect(new MergedLayers([indexOf([{ do: 'file', path: deep }])]).resolve(deep, 0)).toBe(deep)
  })
})
