import type { FileBytes, PlacedRow, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { parseYaml, type YamlDocument } from '../documents/yaml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { BaseImage } from './dockerfile.ts'
import { imageComponent, splitReference } from './image-package.ts'
import { substituted } from './substitution.ts'

type KeyPath = readonly (string | number)[]

const CODE = 'images-unreadable'
/** Values of one manifest that are looked at. */
const MAX_VALUES = 200_000
const CONTAINERS = new Set(['containers', 'initContainers', 'ephemeralContainers'])

/** The images of services (https://github.com/compose-spec/compose-spec/blob/main/05-services.md): those that are built are none. */
export function readCompose(file: FileBytes): ReadResult<BaseImage> {
  const problems = new RecordProblems(CODE, file.path)
  const parsed = parseYaml(file.bytes, { asText: true })
  if ('problem' in parsed) {
    problems.add(`the Compose file could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const facts = parsed.documents.flatMap((document) => {
    const services = asObject(member(asObject(document.value) ?? {}, 'services')) ?? {}
    return Object.entries(services).flatMap(([name, value]) => {
      const service = asObject(value) ?? {}
      const said = textMember(service, 'image')
      if (said === undefined || member(service, 'build') !== undefined) return []
      // Variables are those of whoever starts it; what the file says for want of them is known.
      return imageAt(substituted(said, new Map()), said, document, ['services', name, 'image'], problems)
    })
  })
  return { facts, diagnostics: noticesOf(problems) }
}

/**
 * The images of all containers in Kubernetes objects, whatever their kind (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container).
 * Templates of Helm are not guessed.
 */
export function readKubernetes(file: FileBytes): ReadResult<BaseImage> {
  const problems = new RecordProblems(CODE, file.path)
  if (!mayRunImages(file.bytes)) return { facts: [], diagnostics: [] }
  const parsed = parseYaml(file.bytes, { asText: true })
  if ('problem' in parsed) {
    if (!decodeText(file.bytes).includes('{{')) problems.add(`the manifest could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const facts = parsed.documents.flatMap((document) => {
    const root = asObject(document.value) ?? {}
    if (textMember(root, 'apiVersion') === undefined || textMember(root, 'kind') === undefined) return []
    return containersIn(root).flatMap(({ said, at }) =>
      said.includes('{{') ? [] : imageAt(said, said, document, at, problems),
    )
  })
  return { facts, diagnostics: noticesOf(problems) }
}

/** The components of all images that winning files name. */
export function assembleNamedImages(rows: readonly PlacedRow<BaseImage>[], context: AssembleContext): Assembled {
  const components = rows
    .filter((row) => row.wins)
    .flatMap((row) =>
      row.facts.map((fact) => ({
        ...imageComponent({ ...fact, presence: 'declared' }, row, context),
        direct: true as const,
      })),
    )
  return { components: [...new Map(components.map((one) => [one.id, one])).values()], relations: [], diagnostics: [] }
}

function mayRunImages(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return ['apiVersion', 'kind', 'image', 'ontainers'].every((word) => text.includes(word))
}

interface Said {
  readonly said: string
  readonly at: KeyPath
}

/** Every `image` of an entry of a list of containers, in any depth: pods stand in templates, and in lists of objects. */
function containersIn(root: JsonObject): Said[] {
  const found: Said[] = []
  const waiting: { readonly value: unknown; readonly at: KeyPath }[] = [{ value: root, at: [] }]
  for (let count = 0; count < MAX_VALUES; count++) {
    const next = waiting.pop()
    if (next === undefined) break
    const { value, at } = next
    const entries: [string | number, unknown][] = Array.isArray(value)
      ? value.map((one: unknown, index) => [index, one])
      : Object.entries(asObject(value) ?? {})
    const isContainer = !Array.isArray(value) && CONTAINERS.has(String(at.at(-2)))
    const said = isContainer ? textMember(asObject(value) ?? {}, 'image') : undefined
    if (said !== undefined) found.push({ said, at: [...at, 'image'] })
    for (const [key, one] of entries.reverse())
      if (typeof one === 'object' && one !== null) waiting.push({ value: one, at: [...at, key] })
  }
  return found
}

function imageAt(
  text: string | undefined,
  said: string,
  document: YamlDocument,
  at: KeyPath,
  problems: RecordProblems,
): BaseImage[] {
  const lines = document.lines(at) ?? [1, 1]
  const reference = text === undefined ? undefined : splitReference(text)
  if (reference !== undefined)
    return [{ name: reference.name, version: reference.digest ?? reference.tag ?? 'latest', lines }]
  problems.add(`line ${lines[0]}: the image ${quoted(said)} is not known`)
  return []
}

function noticesOf(problems: RecordProblems) {
  return problems.diagnostics().map((one) => ({ ...one, effect: 'notice' as const }))
}
