import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PackageUrlParts } from '../../src/lib/package-url/package-url.ts'
import { buildPackageUrl, canonicalPackageUrl, parsePackageUrl } from '../../src/lib/package-url/parse.ts'
import type { CaseOutcome, ConformanceSuite } from './suite.ts'

interface Parts {
  readonly type: string | null
  readonly namespace: string | null
  readonly name: string | null
  readonly version: string | null
  readonly qualifiers: Readonly<Record<string, string>> | null
  readonly subpath: string | null
}

type PurlCase = {
  readonly description: string
  readonly expected_failure: boolean
} & (
  | { readonly test_type: 'parse'; readonly input: string; readonly expected_output: Parts }
  | { readonly test_type: 'build'; readonly input: Parts; readonly expected_output: string }
  | { readonly test_type: 'validate'; readonly input: string; readonly expected_output: string }
)

/** Package URLs parsed, built, and brought into canonical form. */
export const purl: ConformanceSuite = {
  id: 'purl',
  gaps: {},
  *run(folder) {
    for (const part of ['spec', 'types']) {
      for (const file of readdirSync(join(folder, part)).sort()) {
        const { tests } = JSON.parse(readFileSync(join(folder, part, file), 'utf8')) as { tests: readonly PurlCase[] }
        for (const [index, one] of tests.entries()) yield runCase(`${part}/${file} ${index} ${one.description}`, one)
      }
    }
  },
}

function runCase(name: string, one: PurlCase): CaseOutcome {
  const expected = one.expected_failure ? 'refused' : shown(one.expected_output)
  const actual = outcome(one)
  return expected === actual ? { name, passed: true } : { name, passed: false, expected, actual }
}

function outcome(one: PurlCase): string {
  try {
    if (one.test_type === 'parse') return shown(parsePackageUrl(one.input))
    return one.test_type === 'build' ? buildPackageUrl(given(one.input)) : canonicalPackageUrl(one.input)
  } catch {
    return 'refused'
  }
}

function given({ type, namespace, name, version, qualifiers, subpath }: Parts): PackageUrlParts {
  return {
    type: type ?? '',
    name: name ?? '',
    ...(namespace && { namespace }),
    ...(version && { version }),
    ...(qualifiers && { qualifiers }),
    ...(subpath && { subpath }),
  }
}

function shown(output: string | Parts | PackageUrlParts): string {
  if (typeof output === 'string') return output
  const { type, namespace, name, version, qualifiers, subpath } = output
  const pairs = Object.entries(qualifiers ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([type, namespace || null, name, version || null, pairs, subpath || null])
}
