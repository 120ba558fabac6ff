import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { recordedDigest } from '../recorded-digest.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { addNamed, stated } from './named-package.ts'
import { agentOf, type SpdxDocument, type SpdxPackage, type SpdxRelationship } from './spdx-document.ts'
import { spdxTagValue } from './tag-value.ts'

const CODE = 'sbom-unreadable'
const OPEN = 0x7b

/**
 * The packages with package URLs of an SPDX document, 2.2 or 2.3 in JSON or tag-value form (https://spdx.github.io/spdx-spec/v2.3/), or 3.0 in
 * JSON-LD. Bitnami's `.spdx-*.spdx` are JSON.
 */
export function readSpdx(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages(CODE, file.path)
  const first = file.bytes.find((byte) => byte > 0x20 && byte < 0x80)
  const document = first === OPEN || file.path.endsWith('.json') ? readJson(file) : spdxTagValue(file.bytes)
  if ('problem' in document)
    return found.problem(`the bill of materials could not be read: ${document.problem}`).result()
  const { needs, development } = edgesOf(document.relationships)
  for (const { purls, ...named } of document.packages) {
    for (const purl of purls) {
      const isDevelopment = development.has(named.key ?? '')
      const scope = isDevelopment ? 'development' : undefined
      addNamed(found, { ...named, purl, needs: needs.get(named.key ?? ''), ...(scope && { scope }) })
    }
  }
  return found.result()
}

/** `A DEPENDS_ON B`, or `B DEPENDENCY_OF A` (also RUNTIME_, DEV_, BUILD_ … before it). */
function edgesOf(relationships: readonly SpdxRelationship[]) {
  const needs = new Map<string, string[]>()
  const development = new Set<string>()
  for (const { from, type, to } of relationships) {
    const isReverse = type.endsWith('DEPENDENCY_OF')
    if (type !== 'DEPENDS_ON' && !isReverse) continue
    const [who, what] = isReverse ? [to, from] : [from, to]
    const list = needs.get(who)
    if (list === undefined) needs.set(who, [what])
    else list.push(what)
    if (type === 'DEV_DEPENDENCY_OF' || type === 'TEST_DEPENDENCY_OF') development.add(what)
  }
  return { needs, development }
}

function readJson(file: FileBytes): SpdxDocument | { readonly problem: string } {
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return parsed
  const { object } = parsed
  const graph = member(object, '@graph')
  if (Array.isArray(graph)) return readGraph(objects(graph))
  if (!textMember(object, 'spdxVersion')?.startsWith('SPDX-')) return { problem: 'it is JSON, but no SPDX document' }
  return {
    packages: objects(member(object, 'packages')).map(packageOf),
    relationships: objects(member(object, 'relationships')).map((one) => ({
      from: textMember(one, 'spdxElementId') ?? '',
      type: textMember(one, 'relationshipType') ?? '',
      to: textMember(one, 'relatedSpdxElement') ?? '',
    })),
  }
}

function packageOf(one: JsonObject): SpdxPackage {
  const references = objects(member(one, 'externalRefs')).map((reference) => ({
    type: textMember(reference, 'referenceType') ?? '',
    locator: textMember(reference, 'referenceLocator') ?? '',
  }))
  return {
    purls: references.filter(({ type }) => type === 'purl').map(({ locator }) => locator),
    cpes: references.filter(({ type }) => type.startsWith('cpe')).map(({ locator }) => locator),
    version: textMember(one, 'versionInfo'),
    licences: [stated(textMember(one, 'licenseConcluded')) || textMember(one, 'licenseDeclared')],
    hashes: objects(member(one, 'checksums')).map((sum) =>
      recordedDigest(textMember(sum, 'algorithm'), textMember(sum, 'checksumValue')),
    ),
    supplier: agentOf(textMember(one, 'supplier')),
    key: textMember(one, 'SPDXID'),
  }
}

/** SPDX 3.0 (https://spdx.github.io/spdx-spec/v3.0.1/serializations/): elements of one graph, packages among them. */
function readGraph(elements: readonly JsonObject[]): SpdxDocument {
  const packages = elements.filter((one) => textMember(one, 'type') === 'software_Package')
  const relationships = elements.filter(
    (one) => textMember(one, 'type') === 'Relationship' || textMember(one, 'type') === 'LifecycleScopedRelationship',
  )
  return {
    packages: packages.map((one) => {
      const said = objects(member(one, 'externalIdentifier')).filter(
        (identifier) => textMember(identifier, 'externalIdentifierType') === 'packageUrl',
      )
      const purls = [
        textMember(one, 'software_packageUrl'),
        ...said.map((identifier) => textMember(identifier, 'identifier')),
      ].filter((purl) => purl !== undefined)
      return {
        purls: [...new Set(purls)],
        version: textMember(one, 'software_packageVersion'),
        key: textMember(one, 'spdxId'),
      }
    }),
    relationships: relationships.flatMap((one) => {
      const to = member(one, 'to')
      const isDependency = textMember(one, 'relationshipType') === 'dependsOn'
      return (isDependency && Array.isArray(to) ? to : []).map((target: unknown) => ({
        from: textMember(one, 'from') ?? '',
        type: 'DEPENDS_ON',
        to: typeof target === 'string' ? target : '',
      }))
    }),
  }
}

function objects(value: unknown): JsonObject[] {
  return (Array.isArray(value) ? value : []).map(asObject).filter((one) => one !== undefined)
}
