import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { asObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** The packages from CRAN of a `renv.lock` (https://rstudio.github.io/renv/articles/lockfile.html); those from elsewhere are no CRAN packages. */
export function readRenvLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('renv-lock-unreadable', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return stated.problem(`renv.lock could not be read: ${parsed.problem}`).result()
  const packages = asObject(member(parsed.object, 'Packages'))
  if (packages === undefined) return stated.problem('renv.lock has no packages').result()
  for (const [key, value] of Object.entries(packages)) {
    const entry = asObject(value) ?? {}
    if (textMember(entry, 'Source') !== 'Repository' || (textMember(entry, 'Repository') ?? 'CRAN') !== 'CRAN') continue
    const name = textMember(entry, 'Package') ?? key
    const version = textMember(entry, 'Version') ?? ''
    const needs = member(entry, 'Requirements')
    stated.add({
      key: name,
      purl: packageUrl({ type: 'cran', name, version }),
      name,
      version,
      ecosystem: 'CRAN',
      presence: 'declared',
      needs: Array.isArray(needs) ? needs.filter((need) => typeof need === 'string') : [],
    })
  }
  return stated.result()
}
