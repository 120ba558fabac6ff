import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { isCall, type StarlarkCall, type StarlarkValue, starlarkCalls } from '../documents/starlark.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { RecordProblems } from '../record-problems.ts'
import { type DeclaredArtifact, declaredArtifact, lowestVersion, unreadable } from './declared.ts'

/**
 * Maven artifacts that `MODULE.bazel` or `WORKSPACE` asks rules_jvm_external for: `maven.install(artifacts = […])`, `maven.artifact(…)`,
 * `maven_install(…)`. Of Starlark (https://github.com/bazelbuild/starlark/blob/master/spec.md) only constants are followed: texts and lists, put
 * together by `+`, under names. What depends on anything else is not known and left out.
 */
export function readBazelMaven(file: FileBytes): ReadResult<DeclaredArtifact> {
  const calls = starlarkCalls(file.bytes)
  if (calls === undefined)
    return unreadable('bazel-file-unreadable', file.path, 'the build file of Bazel', 'it is too large')
  const problems = new RecordProblems('bazel-artifact-refused', file.path)
  const facts = calls.flatMap((call) => {
    const last = call.name.slice(call.name.lastIndexOf('.') + 1)
    if (last === 'artifact') return artifactOf(call, call.line, problems)
    if (last !== 'install' && last !== 'maven_install') return []
    const listed = call.named.get('artifacts')
    return Array.isArray(listed) ? listed.flatMap((one: StarlarkValue) => artifactOf(one, call.line, problems)) : []
  })
  return { facts, diagnostics: problems.diagnostics() }
}

function artifactOf(value: StarlarkValue, line: number, problems: RecordProblems): DeclaredArtifact[] {
  const parts = typeof value === 'string' ? value.split(':') : isCall(value) ? partsOf(value) : []
  const [group, artifact] = parts
  // Without a version it comes from a BOM that is not in this file.
  const lowest = parts.length < 3 ? undefined : lowestVersion(parts.at(-1) ?? '')
  if (group === undefined || artifact === undefined || lowest === undefined) return []
  const at = isCall(value) ? value.line : line
  const more = { direct: true, lines: [at, at] as const, ...(!lowest.exact && { confidence: RANGE_CONFIDENCE }) }
  return declaredArtifact({ group, artifact, version: lowest.version }, more, problems)
}

function partsOf(call: StarlarkCall): string[] {
  const values = ['group', 'artifact', 'version'].map((name, index) => call.named.get(name) ?? call.positional[index])
  return values.every((value) => typeof value === 'string') ? values : []
}
