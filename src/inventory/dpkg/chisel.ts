import { Buffer } from 'node:buffer'
import { zstdDecompressSync } from 'node:zlib'
import * as z from 'zod/mini'
import { decodePath } from '../../lib/path-text.ts'
import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import type { ListedFile } from '../file-claims.ts'
import { RecordProblems } from '../record-problems.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { StatusFact } from './status.ts'

/** Which slice put which file there: the manifest's `path` lines as they stand. */
export interface SlicesFact {
  readonly kind: 'slices'
  readonly bytes: Uint8Array
}

const MAX_UNPACKED = 256 * 1024 * 1024
const PackageLine = z.object({
  kind: z.literal('package'),
  name: z.string(),
  version: z.string(),
  arch: z.optional(z.string()),
})
const PathLine = z.object({
  kind: z.literal('path'),
  path: z.string(),
  slices: z.optional(z.array(z.string())),
  sha256: z.optional(z.string()),
  final_sha256: z.optional(z.string()),
})

/** Reads the manifest of a chiselled Ubuntu root (https://documentation.ubuntu.com/chisel, "Chisel manifest"): JSON lines ("jsonwall") in zstd. */
export const chiselReader: FileReader<StatusFact | SlicesFact> = {
  id: 'chisel-manifest',
  version: 1,
  wants: { any: [{ name: 'manifest.wall' }, { name: 'chisel.wall' }], maxBytes: 64 * 1024 * 1024, loss: 'blind' },
  read,
  keys: (fact) => (fact.kind === 'package' ? [`${fact.name} ${fact.version} ${fact.architecture ?? ''}`] : []),
}

function read(file: FileBytes): ReadResult<StatusFact | SlicesFact> {
  let unpacked: Buffer
  try {
    unpacked = zstdDecompressSync(file.bytes, { maxOutputLength: MAX_UNPACKED })
  } catch (error) {
    return blind(file, `could not be unpacked: ${error instanceof Error ? error.message : String(error)}`)
  }
  const lines = unpacked.toString('utf8').split('\n')
  if (!/^\{"jsonwall":/.test(lines[0] ?? '')) return blind(file, 'is not in jsonwall form')
  const problems = new RecordProblems('chisel-record-broken', file.path)
  const facts: (StatusFact | SlicesFact)[] = []
  const paths: string[] = []
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('{"kind":"path"')) paths.push(line)
    else if (line.startsWith('{"kind":"package"')) {
      const fact = packageOf(line, index + 1)
      if (fact === undefined) problems.add(`line ${index + 1} is not a package with name and version`)
      else facts.push(fact)
    }
  }
  if (paths.length > 0) facts.push({ kind: 'slices', bytes: Uint8Array.from(Buffer.from(paths.join('\n'))) })
  return { facts, diagnostics: problems.diagnostics() }
}

function blind(file: FileBytes, why: string): ReadResult<never> {
  const message = `the manifest of a chiselled file system ${why}`
  return { facts: [], diagnostics: [{ code: 'chisel-manifest-unreadable', message, path: file.path, effect: 'blind' }] }
}

function packageOf(line: string, number: number): StatusFact | undefined {
  const entry = PackageLine.safeParse(jsonOf(line))
  if (!entry.success) return undefined
  const { name, version, arch } = entry.data
  if (refuseIdentity(name, version) ?? refuseIdentity(arch || 'all', version)) return undefined
  return { kind: 'package', name, version, ...(arch && { architecture: arch }), lines: [number, number] }
}

/**
 * The files that each package's slices (`NAME_libs`) put there, by package, with the digest that they have after Chisel's own
 * changes. Lines that cannot be read claim nothing.
 */
export function slicedFiles(bytes: Uint8Array): Map<string, ListedFile[]> {
  const byPackage = new Map<string, ListedFile[]>()
  for (const line of decodePath(bytes).split('\n')) {
    const entry = PathLine.safeParse(jsonOf(line))
    if (!entry.success || entry.data.path.endsWith('/')) continue
    const { path, slices, sha256, final_sha256: final } = entry.data
    const hex = final ?? sha256
    const known = hex !== undefined && /^[0-9a-f]{64}$/.test(hex)
    const file = { path: path.replace(/^\/+/, ''), ...(known && { digest: { algorithm: 'sha256' as const, hex } }) }
    for (const slice of slices ?? []) {
      const name = slice.slice(0, slice.indexOf('_'))
      const files = byPackage.get(name)
      if (files === undefined) byPackage.set(name, [file])
      else files.push(file)
    }
  }
  return byPackage
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
