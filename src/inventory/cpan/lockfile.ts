import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseYamlDocument } from '../documents/yaml.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** The distribution that a `META.json` or `META.yml` describes (https://metacpan.org/pod/CPAN::Meta::Spec). */
export function readMeta(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('cpan-meta-unreadable', file.path)
  const parsed = file.path.endsWith('.json') ? parseJsonObject(file.bytes) : parseYamlMeta(file.bytes)
  if ('problem' in parsed) return stated.problem(`the distribution could not be read: ${parsed.problem}`).result()
  // Other programs have a META.json too: without the specification's version it is not of CPAN.
  if (asObject(member(parsed.object, 'meta-spec')) === undefined) return stated.result()
  const name = textMember(parsed.object, 'name') ?? ''
  const version = textMember(parsed.object, 'version') ?? ''
  const said = member(parsed.object, 'license')
  const licences = (Array.isArray(said) ? said : [said]).filter((one) => typeof one === 'string').slice(0, 100)
  stated.add({
    purl: packageUrl({ type: 'cpan', name, version }),
    name,
    version,
    ecosystem: 'cpan',
    presence: 'installed',
    licences: [...new Set(licences.flatMap((one) => licencesOf(LICENCES.get(one) ?? shownText(one))))],
  })
  return stated.result()
}

function parseYamlMeta(bytes: Uint8Array): { readonly object: JsonObject } | { readonly problem: string } {
  const document = parseYamlDocument(bytes, { asText: true })
  if ('problem' in document) return document
  const object = asObject(document.value)
  return object === undefined ? { problem: 'it is not a mapping' } : { object }
}

/** Words of the specification ("license") whose licence SPDX calls otherwise. */
const LICENCES: ReadonlyMap<string, string> = new Map([
  ['perl', 'Artistic-1.0-Perl OR GPL-1.0-or-later'],
  ['perl_5', 'Artistic-1.0-Perl OR GPL-1.0-or-later'],
  ['apache_2_0', 'Apache-2.0'],
  ['artistic_2', 'Artistic-2.0'],
  ['bsd', 'BSD-3-Clause'],
  ['gpl_2', 'GPL-2.0-only'],
  ['gpl_3', 'GPL-3.0-only'],
  ['mit', 'MIT'],
])
