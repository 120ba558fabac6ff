import type { OperatingSystem } from '../../model/operating-system.ts'
import type { ScanResult } from '../../model/scan-result.ts'
import { SEVERITIES, type Severity } from '../../model/severity.ts'
import { columnsOf, cut, grouped, printable } from '../printable.ts'
import type { ReportOptions } from '../types.ts'
import { alignColumns, type Cell } from './columns.ts'
import type { Style } from './style.ts'

const DAY_MS = 86_400_000

/** The first lines: what was looked at, and how old the knowledge is. Wraps between facts, never inside one. */
export function headerLines(result: ScanResult, options: ReportOptions, style: Style): string[] {
  const { subject, os, components } = result.inventory
  const id = subject.digest ?? subject.imageId
  const facts = [
    id === undefined ? undefined : `${id.slice(0, 19)}…`,
    subject.platform,
    os === undefined ? 'no operating system' : `${printable(os.name)}${supportWords(os, options.now)}`,
    `${plural(components.length, 'package')}${subject.kind === 'image' || subject.kind === 'container' ? `, ${plural(result.layers.total, 'layer')}` : ''}`,
    advisoryAge(result, options.now),
  ].filter((fact) => fact !== undefined)
  const lines: string[] = []
  let line = style.strong(cut(printable(subject.name), options.width))
  let used = Math.min(columnsOf(printable(subject.name)), options.width)
  for (const fact of facts) {
    const text = cut(fact, options.width - 2)
    if (used + 3 + columnsOf(text) > options.width) {
      lines.push(line)
      line = `  ${text}`
      used = 2 + columnsOf(text)
    } else {
      line += `   ${text}`
      used += 3 + columnsOf(text)
    }
  }
  return [...lines, line]
}

function supportWords(os: OperatingSystem, now: Date): string {
  const end = os.support?.endOfLife
  if (end === undefined) return ''
  const today = now.toISOString().slice(0, 10)
  if (end >= today) return ` (supported to ${end})`
  const extended = os.support?.endOfExtendedSupport
  const by = os.support?.extendedBy === undefined ? '' : ` by ${os.support.extendedBy}`
  return extended !== undefined && extended >= today
    ? ` (support ended ${end}, extended${by} to ${extended})`
    : ` (support ended ${end})`
}

function advisoryAge(result: ScanResult, now: Date): string {
  const used = result.advisories
  if (used === undefined) return 'no advisories'
  const newest = Date.parse(used.newestRecordAt)
  if (Number.isNaN(newest)) return 'advisories of unknown age'
  const ageMs = now.getTime() - newest
  if (ageMs < 2 * DAY_MS) return `advisories ${Math.max(0, Math.round(ageMs / 3_600_000))} h old`
  return `advisories of ${used.newestRecordAt.slice(0, 10)}, ${Math.round(ageMs / DAY_MS)} days old`
}

/** `1 package`, `2 packages`; figures with thousands separated by a comma. */
export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** The answer in one line, then open findings counted by severity. */
export function summaryLines(result: ScanResult, style: Style): string[] {
  const open = result.findings.filter((finding) => finding.disposition.state === 'open')
  if (open.length === 0) return [style.strong(nothingWords(result))]
  const fixable = open.filter((finding) => finding.fixes.length > 0).length
  const exploited = open.filter((finding) => finding.exploit.knownSince !== undefined).length
  const answer = [
    plural(open.length, 'finding'),
    `${grouped(fixable)} can be fixed`,
    exploited === 0 ? 'none known to be exploited' : `${grouped(exploited)} known to be exploited`,
    ...(result.complete ? [] : ['and not everything could be examined: see Blind']),
    ...(result.complete && !result.whole ? ['and not every file could be read: see Partial'] : []),
  ].join(', ')
  return [exploited > 0 ? style.alarm(answer) : style.strong(answer), '', ...countTable(result, style)]
}

/** The answer without a finding: never a plain "nothing" where something was not seen, or nothing was there to be seen. */
function nothingWords(result: ScanResult): string {
  const unread = result.diagnostics.some(({ code }) => code === 'no-advisories-published')
  if (!result.complete || unread) return 'Nothing found in what could be examined.'
  if (!result.whole) return 'Nothing found; not every file could be read: see Partial.'
  return result.inventory.components.length === 0
    ? 'Nothing found: there are no packages to examine.'
    : 'Nothing found.'
}

function countTable(result: ScanResult, style: Style): string[] {
  const head: Cell[] = ['', 'all', 'fixable', 'exploited'].map((text) => ({ text, paint: style.quiet, side: 'left' }))
  const rows = SEVERITIES.map((severity) => countRow(result, severity, style)).filter((row) => row !== undefined)
  return alignColumns([head, ...rows], ' ', '   ')
}

function countRow(result: ScanResult, severity: Severity, style: Style): Cell[] | undefined {
  let all = 0
  let fixable = 0
  let exploited = 0
  for (const finding of result.findings) {
    if (finding.severity.value !== severity || finding.disposition.state !== 'open') continue
    all++
    if (finding.fixes.length > 0) fixable++
    if (finding.exploit.knownSince !== undefined) exploited++
  }
  if (all === 0) return undefined
  const cell = (count: number): Cell => ({ text: count === 0 ? '-' : grouped(count), side: 'left' })
  return [{ text: severity, paint: style.severity[severity] }, cell(all), cell(fixable), cell(exploited)]
}
