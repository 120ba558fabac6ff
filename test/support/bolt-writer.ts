import { Buffer } from 'node:buffer'

/** A bucket as tests write it: a value, or a bucket of its own. */
export interface BoltTree {
  readonly [key: string]: string | Uint8Array | BoltTree
}

export interface BoltOptions {
  readonly pageBytes?: number
  readonly transaction?: bigint
  /** What stands in the other meta page: the same tree by default, or one with an older state. */
  readonly older?: BoltTree
}

interface Written {
  readonly key: Buffer
  readonly value: Buffer
  readonly flags: number
}

/** A bolt database that holds this tree (go.etcd.io/bbolt): leaves, branches, overflow pages, buckets within values. */
export function boltFile(tree: BoltTree, { pageBytes = 4096, transaction = 7n, older }: BoltOptions = {}): Buffer {
  const pages: Buffer[] = [0, 1, 2].map(() => Buffer.alloc(pageBytes))
  pages[2].writeBigUInt64LE(2n, 0)
  pages[2].writeUInt16LE(0x10, 8)
  const write = (nodes: readonly Written[], isLeaf: boolean): number => writePage(pages, nodes, isLeaf, pageBytes)
  const root = writeTree(tree, write, pageBytes)
  const olderRoot = older === undefined ? root : writeTree(older, write, pageBytes)
  const newest = Number(transaction % 2n)
  writeMeta(pages, newest, pageBytes, root, transaction)
  writeMeta(pages, 1 - newest, pageBytes, olderRoot, transaction - 1n)
  return Buffer.concat(pages)
}

type WritePage = (nodes: readonly Written[], isLeaf: boolean) => number

/** The page at which the tree's elements begin. */
function writeTree(tree: BoltTree, write: WritePage, pageBytes: number): number {
  let level = elementsOf(tree, write, pageBytes)
  for (let isLeaf = true; ; isLeaf = false) {
    const groups = grouped(level, pageBytes)
    if (groups.length === 1) return write(groups[0], isLeaf)
    level = groups.map((group) => ({ key: group[0].key, value: pageNumber(write(group, isLeaf)), flags: 0 }))
  }
}

function elementsOf(tree: BoltTree, write: WritePage, pageBytes: number): Written[] {
  const elements = Object.entries(tree).map(([key, content]): Written => {
    const name = Buffer.from(key)
    if (typeof content === 'string' || content instanceof Uint8Array)
      return { key: name, value: Buffer.from(content), flags: 0 }
    return { key: name, value: bucketValue(content, write, pageBytes), flags: 1 }
  })
  return elements.sort((a, b) => Buffer.compare(a.key, b.key))
}

/** A small bucket without buckets lies in the value itself. */
function bucketValue(tree: BoltTree, write: WritePage, pageBytes: number): Buffer {
  const head = Buffer.alloc(16)
  const isFlat = Object.values(tree).every((one) => typeof one === 'string' || one instanceof Uint8Array)
  const inline = isFlat ? nodeBytes(elementsOf(tree, write, pageBytes), true) : undefined
  if (inline !== undefined && inline.length <= pageBytes / 4) return Buffer.concat([head, inline])
  head.writeBigUInt64LE(BigInt(writeTree(tree, write, pageBytes)), 0)
  return head
}

function grouped(elements: readonly Written[], pageBytes: number): Written[][] {
  const groups: Written[][] = [[]]
  let size = 16
  for (const element of elements) {
    const bytes = 16 + element.key.length + element.value.length
    const last = groups.at(-1) as Written[]
    if (last.length >= 2 && size + bytes > pageBytes) {
      groups.push([element])
      size = 16 + bytes
    } else {
      last.push(element)
      size += bytes
    }
  }
  return groups
}

function writePage(pages: Buffer[], nodes: readonly Written[], isLeaf: boolean, pageBytes: number): number {
  const bytes = nodeBytes(nodes, isLeaf)
  const count = Math.max(1, Math.ceil(bytes.length / pageBytes))
  const number = pages.length
  const whole = Buffer.alloc(count * pageBytes)
  bytes.copy(whole)
  whole.writeBigUInt64LE(BigInt(number), 0)
  whole.writeUInt32LE(count - 1, 12)
  for (let i = 0; i < count; i++) pages.push(whole.subarray(i * pageBytes, (i + 1) * pageBytes))
  return number
}

function nodeBytes(nodes: readonly Written[], isLeaf: boolean): Buffer {
  const head = Buffer.alloc(16 + nodes.length * 16)
  head.writeUInt16LE(isLeaf ? 2 : 1, 8)
  head.writeUInt16LE(nodes.length, 10)
  const data: Buffer[] = []
  let at = head.length
  nodes.forEach(({ key, value, flags }, i) => {
    const element = 16 + i * 16
    if (isLeaf) {
      head.writeUInt32LE(flags, element)
      head.writeUInt32LE(at - element, element + 4)
      head.writeUInt32LE(key.length, element + 8)
      head.writeUInt32LE(value.length, element + 12)
    } else {
      head.writeUInt32LE(at - element, element)
      head.writeUInt32LE(key.length, element + 4)
      value.copy(head, element + 8)
    }
    data.push(key, ...(isLeaf ? [value] : []))
    at += key.length + (isLeaf ? value.length : 0)
  })
  return Buffer.concat([head, ...data])
}

function pageNumber(number: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(number))
  return bytes
}

function writeMeta(pages: Buffer[], place: number, pageBytes: number, root: number, transaction: bigint): void {
  const page = pages[place]
  page.writeBigUInt64LE(BigInt(place), 0)
  page.writeUInt16LE(4, 8)
  page.writeUInt32LE(0xed0cdaed, 16)
  page.writeUInt32LE(2, 20)
  page.writeUInt32LE(pageBytes, 24)
  page.writeBigUInt64LE(BigInt(root), 32)
  page.writeBigUInt64LE(2n, 48)
  page.writeBigUInt64LE(BigInt(pages.length), 56)
  page.writeBigUInt64LE(transaction, 64)
  let hash = 0xcbf29ce484222325n
  for (const byte of page.subarray(16, 72)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  page.writeBigUInt64LE(hash, 72)
}
