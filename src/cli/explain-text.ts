import type { Contradiction, Explanation, PackageStatement, SourceStatement } from '../advisories/index.ts'
import type { SeverityStatement } from '../model/finding.ts'
import { alignText, grouped, printable } from '../report/index.ts'
import { rangeWords } from './range-words.ts'

/** Everything that is said about one weakness, source by source, and what follows for the component that was asked about. */
export function explanationText(explained: Explanation, format: 'table' | 'json'): string {
  if (format === 'json') return `${JSON.stringify(explained, null, 2)}\n`
  const { names, statements, component, kev, epss, facts } = explained
  const lines = [names.map(printable).join(', ')]
  for (const entry of kev)
    lines.push(`  exploited since ${entry.dateAdded}${entry.ransomware ? ', by ransomware' : ''} (KEV)`)
  for (const entry of epss) lines.push(`  EPSS ${(entry.probability * 100).toFixed(1)} % on ${entry.on}`)
  for (const { source, exploit, ssvc, reference } of facts) {
    if (exploit !== undefined)
      lines.push(`  exploit ${exploit} (${printable(source)}) ${printable(reference ?? '')}`.trimEnd())
    if (ssvc !== undefined)
      lines.push(
        `  SSVC exploitation ${printable(ssvc.exploitation)}, automatable ${printable(ssvc.automatable)}, technical impact ${printable(ssvc.technicalImpact)} (${printable(source)})`,
      )
  }
  for (const statement of statements) lines.push('', ...statementLines(statement))
  if (component === undefined)
    lines.push('', 'Whose word counts depends on the package: --component PURL says it for one.')
  else {
    lines.push(
      '',
      `${printable(component.purl)} (${printable(component.ecosystem)})`,
      `  ${printable(component.because)}`,
    )
    if (component.severityRule !== undefined) lines.push(`  severity: ${printable(component.severityRule)}`)
    for (const fix of component.finding?.fixes ?? [])
      if (fix.to !== undefined) lines.push(`  fixed in ${printable(fix.to)}`)
    for (const remark of component.finding?.remarks ?? []) lines.push(`  ${printable(remark)}`)
  }
  return `${lines.join('\n')}\n`
}

function statementLines(statement: SourceStatement): string[] {
  const { id, source, origin, modified, withdrawn, bundle, summary } = statement
  const from = origin === undefined ? '' : `, from ${origin.source}`
  const gone = withdrawn === undefined ? '' : `, withdrawn ${withdrawn.slice(0, 10)}`
  const several = bundle ? ', mends several' : ''
  const lines = [`${printable(source)} ${printable(id)} (${modified.slice(0, 10)}${printable(from)}${gone}${several})`]
  if (summary !== undefined) lines.push(`  ${printable(summary)}`)
  for (const severity of statement.severities) lines.push(`  severity  ${severityWords(severity, source)}`)
  lines.push(...alignText(statement.packages.map(packageRow), '').map((line) => `  ${line}`))
  if (statement.more > 0) lines.push(`  and ${grouped(statement.more)} other packages or releases`)
  if (statement.packages.length === 0 && statement.more === 0) lines.push('  names no package')
  return lines
}

function severityWords({ value, source, score, vector }: SeverityStatement, of: string): string {
  const by = source === of ? '' : ` by ${printable(source)}`
  return `${value}${score === undefined ? '' : ` ${score}`}${by}${vector === undefined ? '' : `  ${printable(vector)}`}`
}

function packageRow({ ecosystem, name, ranges, versions, status, reason, judged }: PackageStatement): string[] {
  const said = [status, reason].filter((word) => word !== undefined && word !== '').join(': ')
  const verdict = judged === undefined ? '' : `${VERDICTS[judged.verdict]}: ${judged.why}`
  const never = status === 'not-affected' ? 'no version' : rangeWords({ ranges, versions })
  return [printable(ecosystem), printable(name), never, printable(said), printable(verdict)]
}

const VERDICTS = {
  affected: 'matched',
  unaffected: 'not matched',
  silent: 'not judged',
  'passed-over': 'passed over',
} as const

/** Contradictions, a line each, and how many there are; at most `most` are listed. */
export function auditText(found: readonly Contradiction[], total: number, format: 'table' | 'json'): string {
  if (format === 'json') return `${JSON.stringify({ total, contradictions: found }, null, 2)}\n`
  const rows = found.map(({ weakness, ecosystem, name, one, other, version }) => [
    printable(weakness),
    printable(ecosystem),
    printable(name),
    `${printable(one.id)}: ${one.says}`,
    `${printable(other.id)}: ${other.says}`,
    version === undefined ? '' : `at ${printable(version)}`,
  ])
  const shown = found.length < total ? `, the first ${grouped(found.length)} shown (--format json lists all)` : ''
  return `${[...alignText(rows, ''), `${grouped(total)} contradictions${shown}`].join('\n')}\n`
}
