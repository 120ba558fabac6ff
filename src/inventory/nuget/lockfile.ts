import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, member, objectLines, parseJsonObject, textMember } from '../json-document.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { base64Sha512, nugetPackage } from './nuget-package.ts'

/**
 * The packages of a `packages.lock.json`, of all its frameworks
 * (https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies). Other projects are none.
 */
export function readNugetLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('nuget-lock-unreadable', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return stated.problem(`the lockfile of NuGet could not be read: ${parsed.problem}`).result()
  const frameworks = asObject(member(parsed.object, 'dependencies'))
  if (frameworks === undefined) return stated.problem('the lockfile of NuGet has no dependencies').result()
  const lines = objectLines(file.bytes, 4)
  const seen = new Map<string, StatedPackage>()
  for (const framework of Object.keys(frameworks)) {
    const entries = asObject(frameworks[framework]) ?? {}
    const keys = new Map(
      Object.keys(entries).map((name) => [
        name.toLowerCase(),
        `${name.toLowerCase()}/${textMember(asObject(entries[name]) ?? {}, 'resolved') ?? ''}`,
      ]),
    )
    for (const name of Object.keys(entries)) {
      const entry = asObject(entries[name])
      const type = entry === undefined ? undefined : textMember(entry, 'type')
      if (entry === undefined || type === undefined) stated.problem('an entry of the lockfile of NuGet has no type')
      if (entry === undefined || type === undefined || type.toLowerCase() === 'project') continue
      const at = lines.get(`dependencies\0${framework}\0${name}`)
      const key = keys.get(name.toLowerCase()) ?? ''
      const needs = Object.keys(asObject(member(entry, 'dependencies')) ?? {})
      const before = seen.get(key)
      seen.set(key, {
        ...nugetPackage(name, textMember(entry, 'resolved') ?? '', 'declared'),
        key,
        hashes: base64Sha512(textMember(entry, 'contentHash')),
        direct: type === 'Direct' || before?.direct === true,
        needs: [...(before?.needs ?? []), ...needs.flatMap((one) => keys.get(one.toLowerCase()) ?? [])],
        ...(at && { lines: before?.lines ?? at }),
      })
    }
  }
  for (const pkg of seen.values()) stated.add(pkg)
  return stated.result()
}
