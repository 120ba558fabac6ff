import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

const ENTRY = /^\s{0,20}"([^"]{1,512})":\s{0,4}\{:(hex|git|path),\s{0,4}/
const HEX = /^:"?([A-Za-z0-9_@.-]{1,512})"?,\s{0,4}"([^"]{1,1024})"/
const NEED = /\{:"?([A-Za-z0-9_@.]{1,512})"?,\s{0,4}"/g
const MAX_LINE = 1_000_000

/**
 * The packages of a `mix.lock`, one a line as Mix writes it (https://hexdocs.pm/mix/Mix.Tasks.Deps.html), with the SHA-256 of the outer archive.
 * A dependency out of Git has its commit for a version.
 */
export function readMixLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('mix-lock-unreadable', file.path)
  const text = decodeText(file.bytes)
  if (!text.trimStart().startsWith('%{')) return stated.problem('mix.lock is no map of Elixir').result()
  linesOf(text).forEach((line, index) => {
    const entry = line.length > MAX_LINE ? null : ENTRY.exec(line)
    if (entry !== null) addEntry(stated, entry, line.slice(entry[0].length), index + 1)
    else if (/^\s{0,20}"/.test(line)) stated.problem(`an entry could not be read (line ${index + 1})`)
  })
  return stated.result()
}

function addEntry(stated: StatedPackages, entry: RegExpExecArray, rest: string, line: number): void {
  const [, key = '', kind] = entry
  if (kind === 'path') return
  const match = kind === 'hex' ? HEX.exec(rest) : /^"[^"]{1,4096}",\s{0,4}"([^"]{1,512})"/.exec(rest)
  if (match === null) {
    stated.problem(`an entry could not be read (line ${line})`)
    return
  }
  const name = kind === 'hex' ? (match[1] ?? '') : key
  const version = (kind === 'hex' ? match[2] : match[1]) ?? ''
  const sha256 = /"hexpm[^"]{0,200}",\s{0,4}"([0-9a-f]{64})"\},?\s{0,20}$/.exec(rest)?.[1]
  stated.add({
    key,
    purl: packageUrl({ type: 'hex', name: name.toLowerCase(), version }),
    name,
    version,
    ecosystem: 'Hex',
    presence: 'declared',
    lines: [line, line],
    needs: kind === 'hex' ? [...rest.matchAll(NEED)].map(([, need = '']) => need) : [],
    ...(sha256 && { hashes: [`sha256:${sha256}` as const] }),
  })
}
