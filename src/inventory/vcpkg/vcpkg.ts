import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { paragraphsOf } from '../documents/control.ts'
import { decodeText } from '../documents/text.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'

/** A port as one of vcpkg's files states it. */
export interface VcpkgFact {
  readonly kind: 'record' | 'bill' | 'manifest'
  readonly name: string
  readonly version: string
  /** Vcpkg's own revision of a version, above 0. */
  readonly port?: number
  readonly triplet?: string
  /** Of a record: whether the port is there after it. */
  readonly gone?: boolean
  readonly licence?: string
  readonly lines?: readonly [number, number]
  readonly development?: boolean
  /** The version is the least that is asked for. */
  readonly ranged?: boolean
  /** Names of ports, of another triplet as `name:triplet`. */
  readonly needs: readonly string[]
}

const MAX_PACKAGES = 100_000
const FIELDS: ReadonlySet<string> = new Set([
  'package',
  'version',
  'port-version',
  'architecture',
  'depends',
  'feature',
  'status',
])

/**
 * Records of installed ports in `installed/vcpkg/status`, and of changes since it was written in `vcpkg/updates/`
 * (https://github.com/microsoft/vcpkg-tool, `StatusParagraph`). Those of single features say only what more is needed.
 */
export function readVcpkgStatus(file: FileBytes): ReadResult<VcpkgFact> {
  const problems = new RecordProblems('vcpkg-record-broken', file.path)
  const facts: VcpkgFact[] = []
  for (const { fields, firstLine, lastLine, brokenLine } of paragraphsOf(decodeText(file.bytes), FIELDS)) {
    if (brokenLine !== undefined) problems.add(`a line is no field (line ${brokenLine})`)
    const name = fields.get('package') ?? ''
    // Of a feature the record has no version.
    if (fields.has('feature') || name === '') continue
    const version = fields.get('version') ?? ''
    const refused = refuseIdentity(name, version)
    if (refused !== undefined) problems.add(`the port ${quoted(name)} ${refused} (line ${firstLine})`)
    else if (facts.length < MAX_PACKAGES)
      facts.push({
        kind: 'record',
        name,
        version,
        ...portVersion(fields.get('port-version')),
        triplet: fields.get('architecture') ?? '',
        gone: !/ installed$/.test(fields.get('status') ?? ''),
        lines: [firstLine, lastLine],
        needs: (fields.get('depends') ?? '').split(',').flatMap((need) => /^\s*([\w.:-]+)/.exec(need)?.[1] ?? []),
      })
  }
  return { facts, diagnostics: problems.diagnostics() }
}

/** The port that the bill of materials in `share/<port>/vcpkg.spdx.json` describes (SPDX 2.2 and later, https://spdx.github.io/spdx-spec/v2.3/). */
export function readVcpkgBill(file: FileBytes): ReadResult<VcpkgFact> {
  const problems = new RecordProblems('vcpkg-bill-broken', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return failed(problems, `the port's bill of materials could not be read: ${parsed.problem}`)
  const packages = member(parsed.object, 'packages')
  const described = (Array.isArray(packages) ? packages.slice(0, MAX_PACKAGES) : []).map((one) => asObject(one) ?? {})
  const port = described.find((one) => textMember(one, 'SPDXID') === 'SPDXRef-port')
  if (port === undefined) return failed(problems, 'the bill of materials describes no port')
  const name = textMember(port, 'name') ?? ''
  const [version = '', revision] = (textMember(port, 'versionInfo') ?? '').split('#')
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) return failed(problems, `the port ${quoted(name)} ${refused}`)
  const binary = described.find((one) => textMember(one, 'SPDXID') === 'SPDXRef-binary')
  const triplet = textMember(binary ?? {}, 'name')?.split(':')[1]
  const licence = textMember(port, 'licenseConcluded')
  const fact: VcpkgFact = {
    kind: 'bill',
    name,
    version,
    ...portVersion(revision),
    ...(triplet && { triplet }),
    ...(licence && licence !== 'NOASSERTION' && { licence }),
    needs: [],
  }
  return { facts: [fact], diagnostics: [] }
}

/**
 * What a project's `vcpkg.json` asks for (https://learn.microsoft.com/vcpkg/reference/vcpkg-json): versions of `overrides`, else the least of
 * `version>=`. Others come from the baseline, which is a commit of the registry, and are not known.
 */
export function readVcpkgManifest(file: FileBytes): ReadResult<VcpkgFact> {
  const problems = new RecordProblems('vcpkg-manifest-broken', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return failed(problems, `vcpkg.json could not be read: ${parsed.problem}`)
  const pinned = new Map(objectsIn(parsed.object, 'overrides').map((one) => [textMember(one, 'name') ?? '', one]))
  const features = Object.values(asObject(member(parsed.object, 'features')) ?? {}).map((one) => asObject(one) ?? {})
  const asked = [parsed.object, ...features].flatMap((one) => objectsIn(one, 'dependencies'))
  const facts: VcpkgFact[] = []
  for (const dependency of asked) {
    const name = textMember(dependency, 'name') ?? ''
    const said = pinned.get(name) ?? dependency
    const text = VERSION_KEYS.map((key) => textMember(said, key)).find((value) => value !== undefined)
    if (text === undefined) continue
    const [version = '', revision] = text.split('#')
    const refused = refuseIdentity(name, version)
    if (refused !== undefined) problems.add(`the dependency ${quoted(name)} ${refused}`)
    else if (facts.length < MAX_PACKAGES)
      facts.push({
        kind: 'manifest',
        name,
        version,
        ...portVersion(revision ?? String(member(said, 'port-version') ?? '')),
        ...(member(dependency, 'host') === true && { development: true }),
        ...(said === dependency && { ranged: true }),
        needs: [],
      })
  }
  return { facts, diagnostics: problems.diagnostics() }
}

const VERSION_KEYS = ['version', 'version-semver', 'version-date', 'version-string', 'version>='] as const

/** Entries of a list: an object, or a text that stands for an object with that name. */
function objectsIn(object: JsonObject, key: string): JsonObject[] {
  const list = member(object, key)
  return (Array.isArray(list) ? list.slice(0, MAX_PACKAGES) : []).flatMap((one): JsonObject[] => {
    const object = typeof one === 'string' ? { name: one } : asObject(one)
    return object === undefined ? [] : [object]
  })
}

function portVersion(text: string | undefined): { readonly port?: number } {
  const port = /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0
  return port > 0 ? { port } : {}
}

function failed(problems: RecordProblems, message: string): ReadResult<VcpkgFact> {
  problems.add(message)
  return { facts: [], diagnostics: problems.diagnostics() }
}
