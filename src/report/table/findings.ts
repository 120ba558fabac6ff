import type { Component } from '../../model/component.ts'
import type { Evidence } from '../../model/evidence.ts'
import type { Finding } from '../../model/finding.ts'
import type { ScanResult } from '../../model/scan-result.ts'
import { cut, printable, wrap } from '../printable.ts'
import type { ReportOptions } from '../types.ts'
import { alignColumns, type Cell } from './columns.ts'
import { plural } from './header.ts'
import type { Style } from './style.ts'

/** How many findings the table shows unless all are asked for. */
const SHOWN = 25

/** Open findings in working order, an identity line each that can be grepped, with what and where below it. */
export function findingLines(result: ScanResult, options: ReportOptions, style: Style): string[] {
  const components = new Map(result.inventory.components.map((component) => [component.id, component]))
  const open = result.findings.filter((finding) => finding.disposition.state === 'open')
  const shown = options.allFindings ? open : open.slice(0, SHOWN)
  const heads = alignColumns(
    shown.map((finding) => identityCells(finding, componentOf(finding, components), style)),
    '',
  )
  const lines: string[] = []
  for (const [i, finding] of shown.entries()) {
    lines.push(heads[i], ...detailLines(finding, options, style))
  }
  if (open.length > shown.length) {
    lines.push(style.quiet(`… ${plural(open.length - shown.length, 'more finding')}: --all-findings`))
  }
  return lines
}

function componentOf(finding: Finding, components: ReadonlyMap<string, Component>): Component | undefined {
  return finding.component === undefined ? undefined : components.get(finding.component)
}

function identityCells(finding: Finding, component: Component | undefined, style: Style): Cell[] {
  return [
    { text: finding.severity.value.toUpperCase(), paint: style.severity[finding.severity.value] },
    { text: printable(finding.names[0] ?? finding.kind), paint: style.strong },
    { text: versionWords(finding, component) },
    { text: signalWords(finding), paint: finding.exploit.knownSince === undefined ? undefined : style.alarm },
  ]
}

function versionWords(finding: Finding, component: Component | undefined): string {
  if (component === undefined) return ''
  const to = finding.fixes.find((fix) => fix.to !== undefined)?.to
  const installed = `${printable(component.name)} ${printable(component.version)}`
  return to === undefined ? `${installed} (no fix)` : `${installed} → ${printable(to)}`
}

/** Why it stands where it stands: score with its source, chance of exploitation, known exploitation. */
function signalWords(finding: Finding): string {
  const { score, source } = finding.severity
  const signals = [score === undefined ? printable(source) : `CVSS ${score.toFixed(1)} ${printable(source)}`]
  const { epss, knownSince, ransomware, maturity } = finding.exploit
  if (epss !== undefined) signals.push(`EPSS ${percent(epss.probability)}`)
  if (knownSince !== undefined) signals.push(`KEV ${knownSince}${ransomware === true ? ', ransomware' : ''}`)
  else if (maturity !== 'none-known') signals.push(maturity === 'public' ? 'exploit public' : 'exploit in tools')
  return signals.join('  ')
}

function percent(share: number): string {
  const value = share * 100
  return value >= 10 ? `${Math.round(value)} %` : `${value.toFixed(1)} %`
}

function detailLines(finding: Finding, options: ReportOptions, style: Style): string[] {
  const indent = ' '.repeat(10)
  const columns = options.width - indent.length
  // A record without a summary has a title made of name and package, which the line above says already.
  const says = finding.names.every((name) => !finding.title.startsWith(`${name} in `))
  const lines = says ? [cut(printable(finding.title), columns)] : []
  // Drift is nobody's advisory: why it matters is said nowhere else.
  if (finding.kind === 'drift') lines.push(...wrap(printable(finding.description ?? ''), columns))
  for (const remark of finding.remarks) lines.push(...wrap(printable(remark), columns))
  const reached = reachWords(finding)
  if (reached !== undefined) lines.push(...wrap(reached, columns))
  const place = placeWords(finding.evidence[0])
  if (place !== undefined) lines.push(style.quiet(cut(place, columns)))
  return lines.filter((line) => line !== '').map((line) => indent + line)
}

/** Whether it is loaded, where that is known. */
function reachWords({ reachable, reachability }: Finding): string | undefined {
  if (reachable === 'unknown' || reachability === undefined) return undefined
  return `${reachable === 'yes' ? 'reachable' : 'not reachable'}: ${printable(reachability.reason)}`
}

function placeWords(evidence: Evidence | undefined): string | undefined {
  if (evidence === undefined) return undefined
  const lines = evidence.lines === undefined ? '' : `:${evidence.lines[0]}`
  const path = printable(evidence.path) + lines
  const layer = evidence.since ?? evidence.layer
  if (layer === undefined) return path
  const command = layer.createdBy === undefined ? '' : `  ${printable(layer.createdBy)}`
  return `${path}, layer ${layer.index}${command}`
}

/** Packages, one line each. */
export function packageLines(result: ScanResult): string[] {
  const rows = result.inventory.components.map((component) => [
    { text: printable(component.name) },
    { text: printable(component.version) },
    { text: printable(component.architecture ?? '') },
    { text: printable(component.ecosystem) },
    { text: component.presence === 'declared' ? 'declared' : '' },
    { text: printable(component.evidence[0]?.path ?? '') },
  ])
  return alignColumns(rows, ' ')
}

/** Findings that somebody has settled, with who and why. */
export function suppressedLines(result: ScanResult, options: ReportOptions): string[] {
  const components = new Map(result.inventory.components.map((component) => [component.id, component]))
  const lines: string[] = []
  for (const finding of result.findings) {
    const { disposition } = finding
    if (disposition.state === 'open') continue
    const component = componentOf(finding, components)
    const what = `${printable(finding.names[0] ?? finding.kind)}  ${component === undefined ? '' : `${printable(component.name)} ${printable(component.version)}`}`
    const why =
      disposition.state === 'excepted'
        ? `excepted by ${printable(disposition.by)}${disposition.until === undefined ? '' : ` until ${disposition.until}`}: ${printable(disposition.reason)}`
        : `not affected, says ${printable(disposition.statedBy)}: ${printable(disposition.justification)}`
    lines.push(cut(` ${what}  ${why}`, options.width))
  }
  return lines
}
