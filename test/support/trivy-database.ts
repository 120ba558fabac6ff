import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type BoltTree, boltFile } from './bolt-writer.ts'

interface Pair {
  readonly bucket?: string
  readonly key?: string
  readonly value?: unknown
  readonly pairs?: readonly Pair[]
}

/** Trivy's database with what its own tests put there: YAML files of buckets, as a bolt file. */
export function trivyDatabase(folder: string): Buffer {
  return boltFile(trivyTree(folder))
}

/** The same as a tree, to be changed before it is written. */
export function trivyTree(folder: string): BoltTree {
  const tree: Record<string, BoltTree[string]> = {}
  for (const file of readdirSync(folder).sort())
    fill(tree, parse(readFileSync(join(folder, file), 'utf8')) as readonly Pair[])
  return tree
}

function fill(tree: Record<string, BoltTree[string]>, pairs: readonly Pair[]): void {
  for (const { bucket, key, value, pairs: inner = [] } of pairs) {
    if (key !== undefined) tree[key] = JSON.stringify(value ?? null)
    if (bucket === undefined) continue
    const known = (tree[bucket] ?? {}) as Record<string, BoltTree[string]>
    tree[bucket] = known
    fill(known, inner)
  }
}
