import { Buffer } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { Failure } from '../failure.ts'
import {
  BUCKET_BYTES,
  bucketRoot,
  damaged,
  type Element,
  elementAt,
  type Node,
  newestMeta,
  nodeOf,
  type Pages,
  type RandomBytes,
  readNode,
} from './page.ts'

/** A real tree has a few levels, whatever its size. */
const MAX_DEPTH = 32
/** How often a database that changes under the reader is read anew. */
const MAX_TRIES = 8

/** What a bucket holds under one key. */
export interface BoltEntry {
  readonly key: string
  /** Undefined for a bucket. */
  readonly value?: Uint8Array
  readonly bucket?: BoltBucket
}

/** Keys in byte order, each with a value or a bucket of its own. Pages are read when they are needed. */
export class BoltBucket {
  readonly #pages: Pages
  /** A page's number, or the node of a bucket that lies in a value. */
  readonly #root: number | Node

  constructor(pages: Pages, root: number | Node) {
    this.#pages = pages
    this.#root = root
  }

  /** The value of a key, the reader's to keep; undefined where there is none, or a bucket. @throws Failure `bolt-damaged`. */
  value(key: string): Uint8Array | undefined {
    const found = this.#find(Buffer.from(key))
    return found === undefined || found.isBucket ? undefined : found.value
  }

  /** The value of a key as UTF-8 text. @throws Failure `bolt-damaged`. */
  text(key: string): string | undefined {
    const value = this.value(key)
    return value === undefined ? undefined : textOf(value)
  }

  /** The bucket below these keys, one in the other. @throws Failure `bolt-damaged`. */
  bucket(...keys: readonly string[]): BoltBucket | undefined {
    let at: BoltBucket | undefined = this
    for (const key of keys) {
      const found: Element | undefined = at.#find(Buffer.from(key))
      if (found === undefined || !found.isBucket) return undefined
      at = at.#nested(found)
    }
    return at
  }

  /** All keys with what they hold, in order. Each page is visited once. @throws Failure `bolt-damaged`. */
  *entries(): Generator<BoltEntry, void, undefined> {
    const { name } = this.#pages
    const visited = new Set<number>()
    const stack: { readonly root: number | Node; readonly depth: number }[] = [{ root: this.#root, depth: 0 }]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (typeof next.root === 'number') {
        if (visited.has(next.root)) throw damaged(name, `page ${next.root} stands in two places`)
        visited.add(next.root)
      }
      if (next.depth > MAX_DEPTH) throw damaged(name, 'its tree is too deep')
      const node = this.#node(next.root)
      if (!node.isLeaf) {
        for (let i = node.count - 1; i >= 0; i--) {
          stack.push({ root: elementAt(node, i, name).page, depth: next.depth + 1 })
        }
        continue
      }
      // Elements follow each other in their page: those that overlap would give its bytes many times over.
      for (let i = 0, end = 0; i < node.count; i++) {
        const element = elementAt(node, i, name)
        if (element.start < end) throw damaged(name, 'elements of a page overlap')
        end = element.end
        const key = textOf(element.key)
        yield element.isBucket ? { key, bucket: this.#nested(element) } : { key, value: element.value }
      }
    }
  }

  #find(key: Uint8Array): Element | undefined {
    const { name } = this.#pages
    let node = this.#node(this.#root)
    for (let depth = 0; !node.isLeaf; depth++) {
      if (depth > MAX_DEPTH) throw damaged(name, 'its tree is too deep')
      const index = lastNotAfter(node, key, name)
      if (node.count === 0) return undefined
      node = this.#node(elementAt(node, Math.max(0, index), name).page)
    }
    const index = lastNotAfter(node, key, name)
    const found = index < 0 ? undefined : elementAt(node, index, name)
    return found !== undefined && Buffer.compare(found.key, key) === 0 ? found : undefined
  }

  #node(root: number | Node): Node {
    return typeof root === 'number' ? readNode(this.#pages, root) : root
  }

  #nested({ value }: Element): BoltBucket {
    const { name } = this.#pages
    const root = bucketRoot(value, name)
    if (root !== 0) return new BoltBucket(this.#pages, root)
    const node = nodeOf(value.subarray(BUCKET_BYTES), name, 'a bucket')
    if (!node.isLeaf) throw damaged(name, 'a bucket inside a value is no leaf')
    return new BoltBucket(this.#pages, node)
  }
}

/** Index of the last element whose key is not after `key`, -1 when all are. */
function lastNotAfter(node: Node, key: Uint8Array, name: string): number {
  let low = 0
  let high = node.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (Buffer.compare(elementAt(node, middle, name).key, key) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

/**
 * Reads a bolt database (go.etcd.io/bbolt) as it was after one transaction, without locking it. A page is written anew two transactions
 * after it was given up at the earliest; so what was read holds when no transaction has ended meanwhile, and `use`, which must be
 * synchronous and repeatable, is called again when one has.
 * @throws Failure `bolt-damaged`, `bolt-busy` naming the database.
 */
export function readBolt<Result>(file: RandomBytes, name: string, use: (root: BoltBucket) => Result): Result {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const meta = newestMeta(file, name)
    let outcome: { readonly result: Result } | { readonly thrown: unknown }
    try {
      outcome = { result: use(new BoltBucket({ file, name, meta }, meta.root)) }
    } catch (thrown) {
      outcome = { thrown }
    }
    if (newestMeta(file, name).transaction !== meta.transaction) continue
    if ('thrown' in outcome) throw outcome.thrown
    return outcome.result
  }
  throw new Failure('bolt-busy', `the database was written to each of the ${MAX_TRIES} times it was read`, {
    input: name,
    hints: ['try again when less is going on'],
  })
}

/**
 * Reads a bolt database on disk as {@link readBolt} does; only the pages that are asked for.
 * @throws Failure as {@link readBolt}; the system's error when the file cannot be opened or read.
 */
export function readBoltFile<Result>(path: string, use: (root: BoltBucket) => Result): Result {
  const file = openSync(path, 'r')
  try {
    return readBolt(fileBytes(file), path, use)
  } finally {
    closeSync(file)
  }
}

/** A bolt database that stays open while it is read bit by bit. */
export interface OpenBolt {
  readonly root: BoltBucket
  /** @throws Failure `bolt-busy` when the database was written to since it was opened: what was read may not fit together. */
  check(): void
  close(): void
}

/** Opens a bolt database on disk that nobody is expected to write to. @throws Failure as {@link readBolt}; the system's error when it cannot be opened. */
export function openBolt(path: string): OpenBolt {
  const file = openSync(path, 'r')
  try {
    const bytes = fileBytes(file)
    const meta = newestMeta(bytes, path)
    return {
      root: new BoltBucket({ file: bytes, name: path, meta }, meta.root),
      check() {
        if (newestMeta(bytes, path).transaction === meta.transaction) return
        throw new Failure('bolt-busy', `${path} was written to while it was read`, {
          input: path,
          hints: ['read a copy of it'],
        })
      },
      close: () => closeSync(file),
    }
  } catch (cause) {
    closeSync(file)
    throw cause
  }
}

function fileBytes(file: number): RandomBytes {
  return {
    get sizeBytes() {
      return fstatSync(file).size
    },
    at(offset, length) {
      const buffer = new Uint8Array(length)
      return buffer.subarray(0, readSync(file, buffer, 0, length, offset))
    },
  }
}
