import type { FileReader } from '../../reading/index.ts'
import { paragraphsOf } from '../documents/control.ts'
import { licencesOf, spdxIdentifier } from '../licences.ts'
import { shownText } from '../recorded-text.ts'

/** The licences that a package's copyright file states. */
export interface CopyrightFact {
  readonly kind: 'copyright'
  readonly licences: readonly string[]
}

const FIELDS: ReadonlySet<string> = new Set(['license', 'files'])
const MAX_LICENCES = 200
/** A licence's short name is one line; what is longer is its text. */
const MAX_SHORT_NAME = 200

/**
 * Reads `usr/share/doc/PACKAGE/copyright`: the short names in machine-readable ones (Debian copyright-format 1.0, "License
 * field"), else `License:` lines that name one and references to the texts below `/usr/share/common-licenses`.
 */
export const copyrightReader: FileReader<CopyrightFact> = {
  id: 'dpkg-copyright',
  version: 1,
  wants: {
    any: [{ under: 'usr/share/doc', name: 'copyright' }],
    maxBytes: 8 * 1024 * 1024,
    loss: 'partial',
  },
  read(file) {
    if (file.path.split('/').length !== 5) return { facts: [], diagnostics: [] }
    const licences = licencesOfCopyright(new TextDecoder().decode(file.bytes))
    return { facts: licences.length === 0 ? [] : [{ kind: 'copyright', licences }], diagnostics: [] }
  },
}

/** The licences that the text of a copyright file names, as SPDX where they are recognised, each once, in the order of the text. */
export function licencesOfCopyright(text: string): string[] {
  const machineReadable =
    /^\s*(?:#[^\n]*\n)*(?:Format|Format-Specification):[^\n]*(?:copyright-format|DEP5|dep5|dep\/)/i.test(
      text.slice(0, 4096),
    )
  const named = machineReadable ? shortNames(text) : namedLines(text)
  const licences = new Set(named)
  if (!machineReadable || licences.size === 0) for (const licence of referencedTexts(text)) licences.add(licence)
  return [...licences].slice(0, MAX_LICENCES)
}

/** First line of each `License` field. */
function shortNames(text: string): string[] {
  const names: string[] = []
  for (const { fields } of paragraphsOf(text, FIELDS)) {
    const name = shownText(fields.get('license')?.split('\n', 1)[0] ?? '').replace(/[,;]$/, '')
    if (name !== '' && name.length <= MAX_SHORT_NAME) names.push(...licencesOf(name))
    if (names.length >= MAX_LICENCES) break
  }
  return names
}

/** Lines `License: X` of a free text where all of X is recognised: the rest of such lines are sentences. */
function namedLines(text: string): string[] {
  const names: string[] = []
  for (const match of text.matchAll(/^Licen[cs]e:[ \t]*([^\n]{1,200})$/gim)) {
    const tokens = (match[1] ?? '').trim().split(/[\s()]+/)
    const recognised = tokens.every((token) => /^(and|or|with)$/i.test(token) || spdxIdentifier(token) !== undefined)
    if (recognised) names.push(...licencesOf(match[1] ?? ''))
    if (names.length >= MAX_LICENCES) break
  }
  return names
}

/** How far before a reference to the text the sentence "or (at your option) any later version" may stand. */
const GRANT_REACH = 2000

/** Licences whose text below common-licenses is referred to; a GPL "or any later version" where the words before say so. */
function referencedTexts(text: string): string[] {
  const found: string[] = []
  let previous = 0
  for (const match of text.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z0-9][A-Za-z0-9.+-]{0,40})/g)) {
    const name = (match[1] ?? '').replace(/[.-]+$/, '')
    const grant = text.slice(Math.max(previous, match.index - GRANT_REACH), match.index).replace(/\s+/g, ' ')
    const later = /^(?:A|L)?GPL-[\d.]+$|^GFDL-[\d.]+$/.test(name) && /any later version/i.test(grant)
    found.push(spdxIdentifier(later ? `${name}+` : name) ?? name)
    previous = match.index
    if (found.length >= MAX_LICENCES) break
  }
  return found
}
