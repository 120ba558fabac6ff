import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { quoted, refuseIdentity, shownText } from '../recorded-text.ts'

/** One installed package, as its `desc` says. */
export interface DescFact {
  readonly kind: 'package'
  readonly name: string
  readonly version: string
  /** The recipe that made it, where it makes several packages: `%BASE%`. */
  readonly base?: string
  readonly architecture?: string
  readonly packager?: string
  readonly licences: readonly string[]
  readonly depends: readonly string[]
  readonly provides: readonly string[]
}

const MAX_VALUES = 10_000

/** Reads `var/lib/pacman/local/NAME-VERSION/desc` (alpm-db-desc(5)): `%KEY%` on a line of its own, its values below it, a blank line. */
export const descReader: FileReader<DescFact> = {
  id: 'pacman-desc',
  version: 1,
  wants: {
    any: [{ under: 'var/lib/pacman/local', name: 'desc' }],
    maxBytes: 4 * 1024 * 1024,
    loss: 'partial',
  },
  read,
  keys: (fact) => [descKey(fact)],
}

/** What a record is followed by from layer to layer. */
export function descKey(fact: DescFact): string {
  return `${fact.name} ${fact.version} ${fact.architecture ?? ''}`
}

function read(file: FileBytes): ReadResult<DescFact> {
  const sections = sectionsOf(new TextDecoder().decode(file.bytes))
  const first = (key: string): string => sections.get(key)?.[0] ?? ''
  const name = first('NAME')
  const version = first('VERSION')
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) {
    const message = `the package record${name === '' ? '' : ` of ${quoted(name)}`} ${refused}`
    return { facts: [], diagnostics: [{ code: 'pacman-record-broken', message, path: file.path, effect: 'partial' }] }
  }
  const base = first('BASE')
  const architecture = first('ARCH')
  const packager = first('PACKAGER')
  const fact: DescFact = {
    kind: 'package',
    name,
    version,
    ...(base && refuseIdentity(base, version) === undefined && { base }),
    ...(architecture && refuseIdentity(architecture, version) === undefined && { architecture }),
    ...(packager && { packager: shownText(packager) }),
    licences: (sections.get('LICENSE') ?? []).slice(0, 100).map(shownText),
    depends: sections.get('DEPENDS') ?? [],
    provides: sections.get('PROVIDES') ?? [],
  }
  return { facts: [fact], diagnostics: [] }
}

/** The values of each section, at most 10,000 each; what stands before the first key belongs to none. */
export function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  let values: string[] | undefined
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    const key = /^%([A-Z0-9]{1,40})%$/.exec(line)?.[1]
    if (key !== undefined) {
      values = sections.has(key) ? [] : undefined
      if (values === undefined) sections.set(key, (values = []))
    } else if (line !== '' && values !== undefined && values.length < MAX_VALUES) values.push(line)
  }
  return sections
}
