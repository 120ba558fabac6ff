import type { Failure } from '../lib/failure.ts'
import type { Finding } from '../model/finding.ts'
import type { ScanResult } from '../model/scan-result.ts'
import { SEVERITIES, type Severity } from '../model/severity.ts'
import { documentOf, JSON_SCHEMA_VERSION } from './json.ts'
import { cut, grouped, printable } from './printable.ts'
import { alignColumns, type Cell } from './table/columns.ts'
import { plural } from './table/header.ts'
import { type Style, styleOf } from './table/style.ts'
import type { ReportOptions } from './types.ts'

/** What is kept of one target of a run over many: enough for the summary, whatever the number of images. */
export interface BatchLine {
  readonly reference: string
  /** Where the target was named: `images.txt:7`. */
  readonly from?: string
  readonly status: number
  readonly outcome:
    | {
        readonly kind: 'scanned'
        readonly platform?: string
        readonly packages: number
        readonly counts: Readonly<Record<Severity, number>>
        readonly complete: boolean
      }
    | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hints: readonly string[] }
}

/** The line of a target that was scanned; `status` is the exit status that it alone would have given. */
export function scannedLine(
  target: Pick<BatchLine, 'reference' | 'from'>,
  result: ScanResult,
  status: number,
): BatchLine {
  const open = result.findings.filter((finding) => finding.disposition.state === 'open')
  const { subject, components } = result.inventory
  const platform = subject.platform === undefined ? {} : { platform: subject.platform }
  const counts = Object.fromEntries(SEVERITIES.map((severity) => [severity, countOf(open, severity)]))
  return {
    ...target,
    status,
    outcome: {
      kind: 'scanned',
      ...platform,
      packages: components.length,
      counts: counts as Record<Severity, number>,
      complete: result.complete,
    },
  }
}

/** The line of a target that could not be scanned. */
export function failedLine(target: Pick<BatchLine, 'reference' | 'from'>, failure: Failure, status: number): BatchLine {
  const { code, message, hints } = failure
  return { ...target, status, outcome: { kind: 'failed', code, message, hints } }
}

function countOf(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity.value === severity).length
}

/** The summary at the end of a run over many, for people: a line for each target, failures with their reasons below. */
export function batchTable(lines: readonly BatchLine[], options: Pick<ReportOptions, 'width' | 'colour'>): string {
  const style = styleOf(options.colour)
  const failed = lines.filter((line) => line.outcome.kind === 'failed')
  const head = ['image', 'platform', ...SEVERITIES, 'packages'].map(
    (text, i): Cell => ({ text, paint: style.quiet, side: i < 2 ? 'right' : 'left' }),
  )
  const longest = Math.max(20, options.width - 78)
  const rows = lines.map((line) => rowOf(line, longest, style))
  const parts = [
    style.strong(`${plural(lines.length, 'image')}, ${lines.length - failed.length} scanned, ${failed.length} failed`),
    ...(lines.length === 0 ? [] : alignColumns([head, ...rows], ' ')),
    ...failed.flatMap((line) => failureWords(line, style)),
  ]
  return `${parts.join('\n')}\n`
}

function rowOf({ reference, outcome }: BatchLine, longest: number, style: Style): Cell[] {
  const name: Cell = { text: cut(printable(reference), longest) }
  if (outcome.kind === 'failed') return [name, { text: 'failed', paint: style.alarm }]
  return [
    name,
    { text: `${printable(outcome.platform ?? '')}${outcome.complete ? '' : ' (incomplete)'}` },
    ...SEVERITIES.map((severity): Cell => {
      const count = outcome.counts[severity]
      return { text: count === 0 ? '-' : grouped(count), paint: style.severity[severity], side: 'left' }
    }),
    { text: grouped(outcome.packages), side: 'left' },
  ]
}

function failureWords({ reference, from, outcome }: BatchLine, style: Style): string[] {
  if (outcome.kind !== 'failed') return []
  const where = from === undefined || outcome.message.includes(from) ? '' : ` (${printable(from)})`
  const name = outcome.message.includes(reference) ? '' : `${printable(reference)}${where}: `
  return [
    '',
    `${style.alarm('failed')} ${name}${printable(outcome.message)}`,
    ...outcome.hints.slice(0, 2).map((hint) => `  try: ${printable(hint)}`),
  ]
}

/** A JSON document of a run over many, in pieces that can be written as they come: opened, a result or failure at a time, closed. */
export const batchJson = {
  /** The beginning, up to the first result. */
  open: (version: string): string =>
    `{\n"schemaVersion": ${JSON.stringify(JSON_SCHEMA_VERSION)},\n"tool": ${JSON.stringify({ name: 'bulwark', version })},\n"results": [`,
  /** One result, as `--format json` of a single scan has it. */
  result: (result: ScanResult, version: string, first: boolean): string =>
    `${first ? '' : ','}\n${JSON.stringify(documentOf(result, version))}`,
  /** The end, with the summary: each target in the order in which it was finished. */
  close: (lines: readonly BatchLine[]): string => `\n],\n"summary": ${JSON.stringify(lines, null, 2)}\n}\n`,
}
