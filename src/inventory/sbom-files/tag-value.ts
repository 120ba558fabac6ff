import type { Digest } from '../../model/digest.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { recordedDigest } from '../recorded-digest.ts'
import { stated } from './named-package.ts'
import { agentOf, type SpdxDocument, type SpdxPackage, type SpdxRelationship } from './spdx-document.ts'

interface Open {
  readonly purls: string[]
  readonly cpes: string[]
  readonly hashes: (Digest | undefined)[]
  readonly lines: [number, number]
  version?: string
  concluded?: string
  declared?: string
  supplier?: string
  key?: string
}

/** An SPDX 2 document in tag-value form (https://spdx.github.io/spdx-spec/v2.3/conformance/): `Tag: value`, `<text>…</text>` over several lines. */
export function spdxTagValue(bytes: Uint8Array): SpdxDocument | { readonly problem: string } {
  const packages: Open[] = []
  const relationships: SpdxRelationship[] = []
  let open: Open | undefined
  let isDocument = false
  for (const { tag, value, lines } of tags(linesOf(decodeText(bytes)))) {
    if (tag === 'SPDXVersion') isDocument = value.startsWith('SPDX-')
    if (tag === 'PackageName') {
      open = { purls: [], cpes: [], hashes: [], lines: [lines[0], lines[1]] }
      packages.push(open)
    } else if (tag === 'FileName' || tag === 'SnippetSPDXID') open = undefined
    if (tag === 'Relationship') {
      const [from = '', type = '', to = ''] = value.split(/\s+/)
      relationships.push({ from, type, to })
    } else if (open !== undefined) {
      take(open, tag, value)
      open.lines[1] = lines[1]
    }
  }
  if (!isDocument) return { problem: 'it is no SPDX document' }
  return { packages: packages.map(packageOf), relationships }
}

function take(open: Open, tag: string, value: string): void {
  if (tag === 'SPDXID') open.key = value
  else if (tag === 'PackageVersion') open.version = value
  else if (tag === 'PackageSupplier') open.supplier = agentOf(value)
  else if (tag === 'PackageLicenseConcluded') open.concluded = value
  else if (tag === 'PackageLicenseDeclared') open.declared = value
  else if (tag === 'PackageChecksum') {
    const colon = value.indexOf(':')
    open.hashes.push(recordedDigest(value.slice(0, Math.max(0, colon)), value.slice(colon + 1).trim()))
  } else if (tag === 'ExternalRef') {
    const [, type = '', locator = ''] = value.split(/\s+/)
    if (type === 'purl') open.purls.push(locator)
    else if (type.startsWith('cpe')) open.cpes.push(locator)
  }
}

function packageOf(open: Open): SpdxPackage {
  const { concluded, declared, ...rest } = open
  return { ...rest, licences: [stated(concluded) || declared] }
}

/** Each tag with its value and lines. */
function* tags(lines: readonly string[]) {
  for (let at = 0; at < lines.length; at++) {
    const match = /^\s*([A-Za-z]\w{0,63}):\s*(.*)$/.exec(lines[at])
    if (match === null) continue
    const first = at
    let [, tag, value] = match
    if (value.startsWith('<text>')) {
      const parts = [value.slice('<text>'.length)]
      while (!lines[at].includes('</text>') && at + 1 < lines.length) parts.push(lines[++at])
      value = parts.join('\n').replace(/<\/text>.*$/s, '')
    }
    yield { tag, value: value.trim(), lines: [first + 1, at + 1] as const }
  }
}
