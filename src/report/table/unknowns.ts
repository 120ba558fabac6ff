import type { Diagnostic } from '../../model/diagnostic.ts'
import type { CollapsedFindings, LeftOut, ScanResult } from '../../model/scan-result.ts'
import { printable, wrap } from '../printable.ts'
import type { ReportOptions } from '../types.ts'
import { plural } from './header.ts'
import type { Style } from './style.ts'

/** How many diagnostics of one effect are written out; the rest is counted. */
const WRITTEN = 20

/** A section with a word at its left edge and wrapped text beside it, as a definition list. */
function section(
  label: string,
  texts: readonly string[],
  options: ReportOptions,
  paint: (text: string) => string,
): string[] {
  const indent = 15
  // What continues a text stands two columns further in.
  const columns = options.width - indent - 2
  const lines: string[] = []
  for (const text of texts) {
    for (const [i, line] of wrap(text, columns).entries()) {
      const first = lines.length === 0
      lines.push(
        (first ? paint(label) + ' '.repeat(Math.max(1, indent - label.length)) : ' '.repeat(indent)) +
          (i === 0 ? line : `  ${line}`),
      )
    }
  }
  return lines
}

/** What is not known, not shown, or settled: never left to absence. */
export function unknownLines(result: ScanResult, options: ReportOptions, style: Style): string[] {
  const written = (effect: Diagnostic['effect']): string[] => {
    const all = result.diagnostics.filter((diagnostic) => diagnostic.effect === effect)
    const texts = all.slice(0, WRITTEN).map(diagnosticWords)
    if (all.length > WRITTEN) texts.push(`… ${plural(all.length - WRITTEN, 'more')}, all of them in --format json`)
    return texts
  }
  const suppressed = result.findings.filter((finding) => finding.disposition.state !== 'open')
  const excepted = suppressed.filter((finding) => finding.disposition.state === 'excepted').length
  const settled = suppressed.length - excepted
  return [
    ...section('Blind', written('blind'), options, style.alarm),
    ...section('Partial', written('partial'), options, style.severity.medium),
    ...section('Not examined', [...written('notice'), ...notRunWords(result)], options, style.strong),
    ...section('Not affected', result.collapsed.map(collapsedWords), options, style.strong),
    ...section('Left out', result.leftOut.map(leftOutWords), options, style.strong),
    ...section(
      'Suppressed',
      suppressed.length === 0
        ? []
        : [
            `${suppressed.length} (${excepted} excepted, ${settled} not affected)${options.showSuppressed ? '' : '   --show-suppressed'}`,
          ],
      options,
      style.strong,
    ),
  ]
}

function diagnosticWords(diagnostic: Diagnostic): string {
  const layer = diagnostic.layer === undefined ? '' : `layer ${diagnostic.layer.index}: `
  const path = diagnostic.path === undefined ? '' : `${printable(diagnostic.path)}: `
  return `${layer}${path}${printable(diagnostic.message)}`
}

function notRunWords(result: ScanResult): string[] {
  const { notRun } = result.scanners
  return notRun.length === 0 ? [] : [`not asked: ${notRun.join(', ')}`]
}

function collapsedWords(settled: CollapsedFindings): string {
  const what = `${printable(settled.name)} ${printable(settled.version)}: ${plural(settled.count, 'finding')}`
  return `${what}, ${settled.statement}   --include-kernel-headers`
}

function leftOutWords(left: LeftOut): string {
  const unknown = left.unknownSeverity === 0 ? '' : `, ${left.unknownSeverity} of them of unknown severity`
  return `${plural(left.count, 'finding')} by ${left.filter}${unknown}`
}
