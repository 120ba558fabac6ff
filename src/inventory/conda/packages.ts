import type { Digest } from '../../model/digest.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseYamlDocument } from '../documents/yaml.ts'
import { asObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'

/** A package that Conda installed, or that an environment asks for. */
export interface CondaPackage {
  readonly name: string
  readonly version: string
  readonly presence: 'installed' | 'declared'
  readonly licence?: string
  readonly hash?: Digest
  readonly lines?: readonly [number, number]
  /** The version is the least that a pattern allows. */
  readonly ranged?: boolean
  /** Names of what it needs. */
  readonly needs: readonly string[]
}

const MAX_PACKAGES = 10_000

/** The package of a record in `conda-meta` (https://docs.conda.io/projects/conda/en/stable/dev-guide/specs/repodata-record-schema.html). */
export function readCondaMeta(file: FileBytes): ReadResult<CondaPackage> {
  const problems = new RecordProblems('conda-record-broken', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) {
    problems.add(`the record of a Conda package could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const { object } = parsed
  const [name = '', version = '', licence, sha256] = ['name', 'version', 'license', 'sha256'].map((key) =>
    textMember(object, key),
  )
  const refused = refuseIdentity(name, version)
  if (refused !== undefined) {
    problems.add(`the record of a Conda package ${refused}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const depends = member(object, 'depends')
  const needs = (Array.isArray(depends) ? depends.slice(0, MAX_PACKAGES) : []).flatMap(
    (text) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*/.exec(String(text))?.[0] ?? [],
  )
  const hash: Digest | undefined = /^[0-9a-f]{64}$/.test(sha256 ?? '') ? `sha256:${sha256}` : undefined
  return {
    facts: [{ name, version, presence: 'installed', ...(licence && { licence }), ...(hash && { hash }), needs }],
    diagnostics: [],
  }
}

/**
 * What an environment file asks for
 * (https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html#creating-an-environment-file-manually): packages
 * of Conda with a version. Its list for pip is of another ecosystem, and left out.
 */
export function readCondaEnvironment(file: FileBytes): ReadResult<CondaPackage> {
  const problems = new RecordProblems('conda-environment-broken', file.path)
  const document = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in document) {
    problems.add(`the environment of Conda could not be read: ${document.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const listed = member(asObject(document.value) ?? {}, 'dependencies')
  const facts: CondaPackage[] = []
  for (const [index, wanted] of (Array.isArray(listed) ? listed.slice(0, MAX_PACKAGES) : []).entries()) {
    if (typeof wanted !== 'string') continue
    const [, name = '', sign = '', version = ''] =
      /^(?:[\w./:-]+::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(==?|>=|~=)\s*([^\s=,<>|*]+)/.exec(wanted) ?? []
    if (name === '' || version === '') continue
    if (refuseIdentity(name, version) !== undefined) {
      problems.add(`the requirement ${quoted(wanted)} is no package`)
      continue
    }
    const lines = document.lines(['dependencies', index])
    const isRange = sign === '>=' || sign === '~='
    facts.push({
      name,
      version,
      presence: 'declared',
      ...(lines && { lines }),
      ...(isRange && { ranged: true }),
      needs: [],
    })
  }
  return { facts, diagnostics: problems.diagnostics() }
}
