import type { Component, Relation } from '../model/component.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Evidence } from '../model/evidence.ts'

/** Evidence that one component keeps at the most: the rest would only repeat it. */
const MAX_EVIDENCE = 100

/** One component for each id: evidence, licences and digests of all; runtime over development, asked for over not. */
export function mergedById(components: readonly Component[]): Component[] {
  const merged = new Map<string, Component>()
  for (const component of components) {
    const known = merged.get(component.id)
    merged.set(component.id, known === undefined ? component : merge(known, component))
  }
  return [...merged.values()]
}

/** Two sightings of one component as one: the first one's identity, with what both know. */
export function merge(one: Component, other: Component): Component {
  const scopes = new Set([one.scope, other.scope])
  const directs = new Set([one.direct, other.direct])
  return {
    ...one,
    licences: [...new Set([...one.licences, ...other.licences])],
    hashes: [...new Set([...one.hashes, ...other.hashes])],
    cpes: [...new Set([...one.cpes, ...other.cpes])],
    scope: scopes.has('runtime') ? 'runtime' : scopes.has('development') ? 'development' : 'unknown',
    direct: directs.has(true) ? true : directs.has(false) ? false : 'unknown',
    evidence: mergedEvidence(one.evidence, other.evidence),
  }
}

function mergedEvidence(one: readonly Evidence[], other: readonly Evidence[]): readonly Evidence[] {
  if (one.length >= MAX_EVIDENCE) return one
  const place = (evidence: Evidence) => `${evidence.path}\0${evidence.lines?.[0] ?? ''}`
  const known = new Set(one.map(place))
  return [...one, ...other.filter((evidence) => !known.has(place(evidence)))].sort(
    (a, b) => compare(a.path, b.path) || (a.lines?.[0] ?? 0) - (b.lines?.[0] ?? 0),
  )
}

/** Packages of the operating system first, then by name, version, package URL and id, by code units: the same on every machine. */
export function byName(a: Component, b: Component): number {
  return (
    compare(b.kind, a.kind) ||
    compare(a.name, b.name) ||
    compare(a.version, b.version) ||
    compare(a.purl, b.purl) ||
    compare(a.id, b.id)
  )
}

/** Relations whose two ends are among the components, once each, in a fixed order. */
export function standingRelations(relations: readonly Relation[], components: readonly Component[]): Relation[] {
  const ids = new Set(components.map((component) => component.id))
  const unique = new Map<string, Relation>()
  for (const relation of relations) {
    if (ids.has(relation.from) && ids.has(relation.to))
      unique.set(`${relation.from} ${relation.to} ${relation.kind}`, relation)
  }
  return [...unique].sort(([a], [b]) => compare(a, b)).map(([, relation]) => relation)
}

/** Each diagnostic once, those that weigh most first, then by path and code. */
export function uniqueDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const weight = { blind: 0, partial: 1, notice: 2 }
  const key = (one: Diagnostic) => [one.path ?? '', one.code, one.layer?.index ?? '', one.message].join('\0')
  const unique = new Map(diagnostics.map((one) => [`${one.effect}\0${key(one)}`, one]))
  return [...unique.values()].sort((a, b) => weight[a.effect] - weight[b.effect] || compare(key(a), key(b)))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
