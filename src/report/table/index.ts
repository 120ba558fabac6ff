import { stripVTControlCharacters } from 'node:util'
import type { ScanResult } from '../../model/scan-result.ts'
import { columnsOf, cutFront, printable } from '../printable.ts'
import type { Reporter } from '../types.ts'
import { type Upgrade, upgradesOf } from '../upgrades.ts'
import { alignColumns, type Cell } from './columns.ts'
import { findingLines, packageLines, suppressedLines } from './findings.ts'
import { headerLines, plural, summaryLines } from './header.ts'
import { type Style, styleOf } from './style.ts'
import { unknownLines } from './unknowns.ts'

/** How many upgrades are proposed. */
const PROPOSED = 5
/** Columns that the place of an upgrade keeps, however narrow the terminal. */
const SHORTEST_PLACE = 20

/** The report for people: what was looked at, the answer, the findings, what is not known, and what to do first. */
export const table: Reporter = {
  id: 'table',
  summary: 'for people, fitted to the terminal',
  render(result, options) {
    const style = styleOf(options.colour)
    const upgrades = upgradesOf(result)
    const parts = [
      headerLines(result, options, style),
      summaryLines(result, style),
      options.listPackages ? [style.strong('Packages'), ...packageLines(result)] : [],
      findingLines(result, options, style),
      options.showSuppressed ? suppressedLines(result, options) : [],
      unknownLines(result, options, style),
      adviceLines(upgrades, options.width, style),
      [style.quiet(lastLine(result))],
    ]
    return `${parts
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n')}\n`
  },
}

function adviceLines(upgrades: readonly Upgrade[], width: number, style: Style): string[] {
  if (upgrades.length === 0) return []
  const shown = upgrades.slice(0, PROPOSED)
  const wide = alignColumns(rowsOf(shown, style, Number.POSITIVE_INFINITY), ' ')
  const excess = Math.max(...shown.map((_, i) => columnsOf(stripVTControlCharacters(wide[i])))) - width
  const longest = Math.max(...shown.map((upgrade) => columnsOf(printable(placeOf(upgrade)))))
  const lines = excess > 0 ? alignColumns(rowsOf(shown, style, Math.max(SHORTEST_PLACE, longest - excess)), ' ') : wide
  const rest = upgrades.length - PROPOSED
  const more = rest > 0 ? [style.quiet(` … ${plural(rest, 'more upgrade')}`)] : []
  return [style.strong('Fix first'), ...lines, ...more]
}

function rowsOf(upgrades: readonly Upgrade[], style: Style, placeColumns: number): Cell[][] {
  return upgrades.map((upgrade, i): Cell[] => [
    { text: String(i + 1), side: 'left' },
    { text: `${packagesWords(upgrade)} ${printable(upgrade.from)} → ${printable(upgrade.to)}`, paint: style.strong },
    { text: cutFront(printable(placeOf(upgrade)), placeColumns) },
    { text: `${upgrade.worst}${upgrade.exploited > 0 ? `, exploited (${upgrade.exploited})` : ''}` },
    { text: plural(upgrade.findings, 'finding'), side: 'left' },
  ])
}

function packagesWords(upgrade: Upgrade): string {
  const [first, ...others] = upgrade.packages.map(printable)
  return others.length === 0
    ? first
    : others.length === 1
      ? `${first}, ${others[0]}`
      : `${first} and ${others.length} more`
}

function placeOf(upgrade: Upgrade): string {
  const evidence = upgrade.component.evidence[0]
  const layer = evidence?.since ?? evidence?.layer
  const where = upgrade.component.kind === 'os' ? upgrade.ecosystem : (evidence?.path ?? upgrade.ecosystem)
  return layer === undefined ? where : `${where}, layer ${layer.index}`
}

function lastLine(result: ScanResult): string {
  const seconds = `${(result.durationMs / 1000).toFixed(result.durationMs < 10_000 ? 2 : 0)} s`
  const { total, known } = result.layers
  return ['image', 'container'].includes(result.inventory.subject.kind)
    ? `${seconds}, ${known} of ${total} layers known`
    : seconds
}
