import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, member, objectLines, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { recordedDigestText } from '../recorded-digest.ts'
import { refuseIdentity } from '../recorded-text.ts'
import type { LockedDistribution } from './facts.ts'

/** The packages of `Pipfile.lock` (https://pipenv.pypa.io/en/latest/pipfile.html): those of `default`, and those of `develop`. */
export function readPipfileLock(file: FileBytes): ReadResult<LockedDistribution> {
  const problems = new RecordProblems('python-lock-broken', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) {
    problems.add(`the lockfile could not be read: ${parsed.problem}`)
    return { facts: [], diagnostics: problems.diagnostics() }
  }
  const lines = objectLines(file.bytes, 3)
  const facts: LockedDistribution[] = []
  for (const group of Object.keys(parsed.object)) {
    const packages = group === '_meta' ? undefined : asObject(member(parsed.object, group))
    for (const name of Object.keys(packages ?? {})) {
      const entry = asObject(packages?.[name]) ?? {}
      const version = (textMember(entry, 'version') ?? '').replace(/^={2,3}\s*/, '')
      if (version === '') continue
      const refused = refuseIdentity(name, version)
      if (refused !== undefined) {
        problems.add(`a package ${refused}`)
        continue
      }
      const listed = member(entry, 'hashes')
      const hashes = (Array.isArray(listed) ? listed : []).flatMap(
        (one) => recordedDigestText(typeof one === 'string' ? one : undefined) ?? [],
      )
      const place = lines.get(`${group}\0${name}`)
      const scope = group === 'develop' ? 'development' : 'runtime'
      facts.push({
        kind: 'locked',
        name,
        version,
        hashes: hashes.slice(0, 200),
        scope,
        ...(place && { lines: place }),
        needs: [],
      })
    }
  }
  return { facts, diagnostics: problems.diagnostics() }
}
