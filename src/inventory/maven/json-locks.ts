import type { Digest } from '../../model/digest.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, type JsonObject, member, objectLines, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { recordedDigest, recordedDigestText } from '../recorded-digest.ts'
import { type DeclaredArtifact, declaredArtifact, unreadable } from './declared.ts'

/** sbt's configurations that end in what is shipped (https://www.scala-sbt.org/1.x/docs/Library-Dependencies.html). */
const RUNTIME = new Set(['compile', 'runtime', 'compile-internal', 'runtime-internal', 'default'])
const MAX_DEPENDENCIES_OF_ONE = 10_000

/** The artifacts of a `*.sbt.lock` of sbt-dependency-lock (https://stringbean.github.io/sbt-dependency-lock/file-formats/version-1.html). */
export function readSbtLock(file: FileBytes): ReadResult<DeclaredArtifact> {
  const parsed = parseJsonObject(file.bytes)
  const list = 'problem' in parsed ? parsed.problem : member(parsed.object, 'dependencies')
  if (!Array.isArray(list))
    return unreadable(
      'sbt-lockfile-unreadable',
      file.path,
      'the lockfile of sbt',
      typeof list === 'string' ? list : 'it has no dependencies',
    )
  const problems = new RecordProblems('sbt-lockfile-entry-refused', file.path)
  const facts = list.flatMap((entry) => {
    const object = asObject(entry) ?? {}
    const [group, artifact, version] = ['org', 'name', 'version'].map((key) => textMember(object, key) ?? '')
    const configurations = textsOf(member(object, 'configurations'))
    const scope =
      configurations.length === 0
        ? 'unknown'
        : configurations.some((one) => RUNTIME.has(one))
          ? 'runtime'
          : 'development'
    const artifacts = member(object, 'artifacts')
    const hashes = (Array.isArray(artifacts) ? artifacts : [])
      .slice(0, 16)
      .flatMap((one) => recordedDigestText(textMember(asObject(one) ?? {}, 'hash')) ?? [])
    return declaredArtifact({ group, artifact, version }, { scope, hashes }, problems)
  })
  return { facts, diagnostics: problems.diagnostics() }
}

/**
 * The artifacts of rules_jvm_external's `maven_install.json` (https://github.com/bazel-contrib/rules_jvm_external, pinning): version 2, and
 * the older one with a `dependency_tree`; with SHA-256 and what depends on what.
 */
export function readMavenInstall(file: FileBytes): ReadResult<DeclaredArtifact> {
  const parsed = parseJsonObject(file.bytes)
  const what = 'the lockfile of rules_jvm_external'
  if ('problem' in parsed) return unreadable('maven-install-unreadable', file.path, what, parsed.problem)
  const problems = new RecordProblems('maven-install-entry-refused', file.path)
  const entries = pinned(parsed.object) ?? tree(parsed.object)
  if (entries === undefined) return unreadable('maven-install-unreadable', file.path, what, 'it has no artifacts')
  const lines = objectLines(file.bytes, 4)
  const placed = entries.flatMap((entry) => {
    const at = lines.get(`artifacts\0${entry.key}`)
    const made = declaredArtifact(entry, { hashes: entry.hashes, ...(at && { lines: at }) }, problems)
    return made.map(({ kind, group, artifact, version, hashes, lines: at }) => ({
      fact: { kind, group, artifact, version, hashes, ...(at && { lines: at }) },
      entry,
    }))
  })
  const byKey = new Map(placed.map(({ entry }, index) => [entry.key, index]))
  const facts = placed.map(({ fact, entry }): DeclaredArtifact => {
    const targets = entry.needs.slice(0, MAX_DEPENDENCIES_OF_ONE).map((key) => byKey.get(key))
    return { ...fact, dependsOn: targets.filter((target) => target !== undefined) }
  })
  return { facts, diagnostics: problems.diagnostics() }
}

interface Entry {
  readonly key: string
  readonly group: string
  readonly artifact: string
  readonly version: string
  readonly hashes: readonly Digest[]
  readonly needs: readonly string[]
}

function pinned(object: JsonObject): Entry[] | undefined {
  const artifacts = asObject(member(object, 'artifacts'))
  if (artifacts === undefined) return undefined
  const dependencies = asObject(member(object, 'dependencies')) ?? {}
  return Object.entries(artifacts).map(([key, value]) => {
    const entry = asObject(value) ?? {}
    const [group = '', artifact = ''] = key.split(':')
    const hash = recordedDigest('sha256', textMember(asObject(member(entry, 'shasums')) ?? {}, 'jar'))
    return {
      key,
      group,
      artifact,
      version: textMember(entry, 'version') ?? '',
      hashes: hash === undefined ? [] : [hash],
      needs: textsOf(member(dependencies, key)),
    }
  })
}

function tree(object: JsonObject): Entry[] | undefined {
  const list = member(asObject(member(object, 'dependency_tree')) ?? {}, 'dependencies')
  if (!Array.isArray(list)) return undefined
  return list.flatMap((value) => {
    const entry = asObject(value) ?? {}
    const key = textMember(entry, 'coord') ?? ''
    const parts = key.split(':')
    // Sources have an entry of their own: `g:a:jar:sources:1.0`.
    if (parts.length === 5 && /^(sources|javadoc)$/.test(parts[3])) return []
    const hash = recordedDigest('sha256', textMember(entry, 'sha256'))
    const needs = textsOf(member(entry, 'directDependencies') ?? member(entry, 'dependencies'))
    return [
      {
        key,
        group: parts[0],
        artifact: parts[1] ?? '',
        version: parts.at(-1) ?? '',
        hashes: hash === undefined ? [] : [hash],
        needs,
      },
    ]
  })
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
