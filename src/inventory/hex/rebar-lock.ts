import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { type ErlangTerm, erlangTerms, listItems, property, termText, tupleItems } from './erlang-terms.ts'

/**
 * What rebar3 locked in a `rebar.lock` (https://rebar3.org/docs/configuration/dependencies/#lock-files): a list of names, sources and levels,
 * where level 0 is what the project asked for; and the SHA-256 of outer archives. A dependency out of Git has its commit for a version.
 */
export function readRebarLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('rebar-lock-unreadable', file.path)
  const terms = erlangTerms(decodeText(file.bytes))
  const [first, more] = terms ?? []
  const locked = Array.isArray(first) ? first : tupleItems(first)?.[1]
  if (!Array.isArray(locked)) return stated.problem('rebar.lock is no list of locked dependencies').result()
  const sums = new Map(
    listItems(property(listItems(more), 'pkg_hash_ext')).flatMap((pair): [string, string][] => {
      const [name, sum] = (tupleItems(pair) ?? []).map(termText)
      return name !== undefined && sum !== undefined ? [[name, sum.toLowerCase()]] : []
    }),
  )
  for (const entry of locked as readonly ErlangTerm[]) addLocked(stated, entry, sums)
  return stated.result()
}

function addLocked(stated: StatedPackages, entry: ErlangTerm, sums: ReadonlyMap<string, string>): void {
  const [application, origin, level] = tupleItems(entry) ?? []
  const source = tupleItems(origin)
  const lines = typeof entry === 'object' && 'lines' in entry ? entry.lines : undefined
  const key = termText(application)
  if (key === undefined || source === undefined) {
    stated.problem(`an entry is no locked dependency${lines ? ` (line ${lines[0]})` : ''}`)
    return
  }
  const isHex = termText(source[0]) === 'pkg'
  const name = (isHex ? termText(source[1]) : undefined) ?? key
  const version = (isHex ? termText(source[2]) : termText(tupleItems(source[2])?.[1])) ?? ''
  const sum = sums.get(key) ?? ''
  stated.add({
    purl: packageUrl({ type: 'hex', name: name.toLowerCase(), version }),
    name,
    version,
    ecosystem: 'Hex',
    presence: 'declared',
    direct: level === '0',
    ...(lines && { lines }),
    ...(isHex && /^[0-9a-f]{64}$/.test(sum) && { hashes: [`sha256:${sum}` as const] }),
  })
}
