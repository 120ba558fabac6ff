import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { child, childrenOf, childText, parseXml, type XmlElement } from '../documents/xml.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { recordedDigest } from '../recorded-digest.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { addNamed } from './named-package.ts'

const CODE = 'sbom-unreadable'
const MAX_COMPONENTS = 200_000
const LESS_THAN = 0x3c

/**
 * The components with package URLs of a CycloneDX document, 1.0 to 1.7, in JSON or XML (https://cyclonedx.org/specification/overview/), with those
 * inside others. Files that only have such a name (`bom.json`) and are something else are nobody's.
 */
export function readCyclonedx(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages(CODE, file.path)
  const first = file.bytes.find((byte) => byte > 0x20 && byte < 0x80)
  if (first === LESS_THAN) readXml(file, found)
  else readJson(file, found)
  return found.result()
}

/** Whether nothing but a CycloneDX document has such a name. */
function isNamedSo(path: string): boolean {
  return /\.cdx(?:\.json|\.xml)?$/.test(path)
}

function readJson(file: FileBytes, found: StatedPackages): void {
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) {
    found.problem(`the bill of materials could not be read: ${parsed.problem}`)
    return
  }
  if (textMember(parsed.object, 'bomFormat') !== 'CycloneDX') {
    if (isNamedSo(file.path)) found.problem('it is JSON, but no CycloneDX document')
    return
  }
  const needs = new Map<string, string[]>()
  for (const one of objects(member(parsed.object, 'dependencies'))) {
    const on = member(one, 'dependsOn')
    if (Array.isArray(on))
      needs.set(
        textMember(one, 'ref') ?? '',
        on.filter((ref) => typeof ref === 'string'),
      )
  }
  const waiting = objects(member(parsed.object, 'components')).reverse()
  for (let count = 0; count < MAX_COMPONENTS; count++) {
    const component = waiting.pop()
    if (component === undefined) return
    waiting.push(...objects(member(component, 'components')).reverse())
    addJson(found, component, needs)
  }
  found.problem(`it has more than ${MAX_COMPONENTS} components`)
}

function addJson(found: StatedPackages, component: JsonObject, needs: ReadonlyMap<string, readonly string[]>): void {
  const purl = textMember(component, 'purl')
  if (purl === undefined || purl === '') return
  const key = textMember(component, 'bom-ref') ?? purl
  const cpe = textMember(component, 'cpe')
  addNamed(found, {
    purl,
    version: textMember(component, 'version'),
    licences: objects(member(component, 'licenses')).map((one) => {
      const licence = asObject(member(one, 'license')) ?? {}
      return textMember(one, 'expression') ?? textMember(licence, 'id') ?? textMember(licence, 'name')
    }),
    hashes: objects(member(component, 'hashes')).map((one) =>
      recordedDigest(textMember(one, 'alg'), textMember(one, 'content')),
    ),
    cpes: cpe === undefined ? [] : [cpe],
    supplier: textMember(asObject(member(component, 'supplier')) ?? {}, 'name') ?? textMember(component, 'publisher'),
    key,
    needs: needs.get(key),
  })
}

function objects(value: unknown): JsonObject[] {
  return (Array.isArray(value) ? value : []).map(asObject).filter((one) => one !== undefined)
}

function readXml(file: FileBytes, found: StatedPackages): void {
  const parsed = parseXml(file.bytes)
  if ('problem' in parsed) {
    found.problem(`the bill of materials could not be read: ${parsed.problem}`)
    return
  }
  const { root } = parsed
  if (root.name !== 'bom' || !root.attributes.get('xmlns')?.startsWith('http://cyclonedx.org/schema/bom/')) {
    if (isNamedSo(file.path)) found.problem('it is XML, but no CycloneDX document')
    return
  }
  const needs = new Map(
    childrenOf(child(root, 'dependencies'), 'dependency').map((one) => [
      one.attributes.get('ref') ?? '',
      childrenOf(one, 'dependency').map((on) => on.attributes.get('ref') ?? ''),
    ]),
  )
  const waiting = [...childrenOf(child(root, 'components'), 'component')].reverse()
  for (let component = waiting.pop(); component !== undefined; component = waiting.pop()) {
    waiting.push(...[...childrenOf(child(component, 'components'), 'component')].reverse())
    addXml(found, component, needs)
  }
}

function addXml(found: StatedPackages, component: XmlElement, needs: ReadonlyMap<string, readonly string[]>): void {
  const purl = childText(component, 'purl')
  if (purl === undefined) return
  const key = component.attributes.get('bom-ref') ?? purl
  const cpe = childText(component, 'cpe')
  addNamed(found, {
    purl,
    version: childText(component, 'version'),
    licences: (child(component, 'licenses')?.children ?? []).map((one) =>
      one.name === 'expression' ? one.text : (childText(one, 'id') ?? childText(one, 'name')),
    ),
    hashes: childrenOf(child(component, 'hashes'), 'hash').map((one) =>
      recordedDigest(one.attributes.get('alg'), one.text),
    ),
    cpes: cpe === undefined ? [] : [cpe],
    supplier: supplierOf(component) ?? childText(component, 'publisher'),
    lines: component.lines,
    key,
    needs: needs.get(key),
  })
}

function supplierOf(component: XmlElement): string | undefined {
  const supplier = child(component, 'supplier')
  return supplier && childText(supplier, 'name')
}
