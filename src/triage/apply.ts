import { posix } from 'node:path'
import type { Component } from '../model/component.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Finding } from '../model/finding.ts'
import type { Inventory } from '../model/inventory.ts'
import { type PurlMatcher, purlMatcher } from './package-pattern.ts'
import type { Exception } from './types.ts'

/** Findings with their disposition, and what a user should know about the exceptions. */
export interface Triaged {
  readonly findings: readonly Finding[]
  readonly diagnostics: readonly Diagnostic[]
}

interface Prepared {
  readonly exception: Exception
  readonly purls: readonly PurlMatcher[]
  used: boolean
}

/**
 * Gives every open finding that an exception means the disposition `excepted`; the first one that matches is named. An exception
 * holds up to the day before `until` (UTC). Expired ones and those that match nothing are notices: a list of exceptions only
 * shrinks when somebody is told. Pure; findings keep their order.
 */
export function applyExceptions(
  findings: readonly Finding[],
  inventory: Pick<Inventory, 'components'>,
  exceptions: readonly Exception[],
  now: Date,
): Triaged {
  const diagnostics: Diagnostic[] = []
  const today = now.toISOString().slice(0, 10)
  const byName = new Map<string, Prepared[]>()
  const prepared: Prepared[] = []
  for (const exception of exceptions) {
    if (exception.until !== undefined && exception.until <= today) {
      diagnostics.push(notice('exception-expired', exception, `expired on ${exception.until}: it is not applied`))
      continue
    }
    const one = prepare(exception, diagnostics)
    if (one === undefined) continue
    prepared.push(one)
    const key = exception.name.toLowerCase()
    byName.set(key, [...(byName.get(key) ?? []), one])
  }
  const components = new Map(inventory.components.map((component) => [component.id, component]))
  const triaged = findings.map((finding) => {
    const component = finding.component === undefined ? undefined : components.get(finding.component)
    const named = [finding.id, ...finding.names].flatMap((name) => byName.get(name.toLowerCase()) ?? [])
    const meant = named.filter((one) => means(one, finding, component))
    for (const one of meant) one.used = true
    return meant.length === 0 || finding.disposition.state !== 'open' ? finding : excepted(finding, meant[0].exception)
  })
  for (const { exception, used } of prepared) {
    if (!used) diagnostics.push(notice('exception-unused', exception, 'matches no finding'))
  }
  return { findings: triaged, diagnostics }
}

function prepare(exception: Exception, diagnostics: Diagnostic[]): Prepared | undefined {
  const purls: PurlMatcher[] = []
  for (const pattern of exception.purls) {
    const matcher = purlMatcher(pattern)
    if (matcher !== undefined) purls.push(matcher)
    else diagnostics.push(notice('exception-invalid', exception, 'one of its purls is no package URL'))
  }
  return exception.purls.length > 0 && purls.length === 0 ? undefined : { exception, purls, used: false }
}

function means({ exception, purls }: Prepared, finding: Finding, component: Component | undefined): boolean {
  if (purls.length > 0 && (component === undefined || !purls.some((matches) => matches(component.purl)))) return false
  if (exception.paths.length === 0) return true
  const seen = [...finding.evidence, ...(component?.evidence ?? [])].map(({ path }) => path)
  return exception.paths.some((pattern) => seen.some((path) => matchesPath(path, pattern)))
}

/** A glob as Trivy reads it (`**` any folders, `*`, `?`, `[…]`, `{…}`), with or without a leading slash or `./`. */
function matchesPath(path: string, pattern: string): boolean {
  const wanted = pattern.replace(/^(?:\.?\/)+/, '')
  return wanted === path || posix.matchesGlob(path, wanted)
}

function excepted(finding: Finding, { reason, by, until }: Exception): Finding {
  return { ...finding, disposition: { state: 'excepted', reason, by, ...(until !== undefined && { until }) } }
}

function notice(code: string, { name, by }: Exception, what: string): Diagnostic {
  return { code, message: `exception for ${name} (${by}) ${what}`, effect: 'notice' }
}
