import type { OsvAffected, OsvEvent } from '../../types.ts'
import type { NvdConfiguration, NvdMatch } from './shape.ts'

/**
 * The products that a weakness is in, one entry for each CPE match that is vulnerable: ecosystem `CPE`, named `vendor:product`. Where a
 * product is vulnerable only together with another (a node of its own under `AND`), the entry says so in `running_on`.
 */
export function productsOf(configurations: readonly NvdConfiguration[]): readonly OsvAffected[] {
  const entries: OsvAffected[] = []
  for (const { nodes, operator } of configurations) {
    const platforms = nodes.flatMap((node) => node.cpeMatch.filter((one) => !one.vulnerable).map((one) => one.criteria))
    const together = operator === 'AND' && platforms.length > 0
    for (const node of nodes)
      for (const one of node.cpeMatch) if (one.vulnerable) entries.push(entryOf(one, together ? platforms : []))
  }
  return entries
}

function entryOf(match: NvdMatch, platforms: readonly string[]): OsvAffected {
  const parts = cpeParts(match.criteria)
  const version = parts[5] ?? '*'
  const ranged =
    match.versionStartIncluding ?? match.versionStartExcluding ?? match.versionEndIncluding ?? match.versionEndExcluding
  const exact = ranged === undefined && version !== '*' && version !== '-'
  return {
    package: { ecosystem: 'CPE', name: `${parts[3] ?? ''}:${parts[4] ?? ''}` },
    ...(exact
      ? {
          versions: [
            parts[6] === undefined || parts[6] === '*' || parts[6] === '-' ? version : `${version}-${parts[6]}`,
          ],
        }
      : { ranges: [{ type: 'ECOSYSTEM', events: eventsOf(match) }] }),
    ecosystem_specific: {
      status: 'affected',
      cpe: match.criteria,
      // OSV has no "after this version": the range begins with it, and the entry says that it is not in it.
      ...(match.versionStartExcluding === undefined ? {} : { introduced_after: match.versionStartExcluding }),
      ...(platforms.length === 0 ? {} : { running_on: platforms }),
    },
  }
}

function eventsOf(match: NvdMatch): readonly OsvEvent[] {
  const introduced = match.versionStartIncluding ?? match.versionStartExcluding ?? '0'
  if (match.versionEndExcluding !== undefined) return [{ introduced }, { fixed: match.versionEndExcluding }]
  if (match.versionEndIncluding !== undefined) return [{ introduced }, { last_affected: match.versionEndIncluding }]
  return [{ introduced }]
}

/** The parts of a CPE 2.3 name, whose colons may be escaped (NISTIR 7695, section 6.2). */
function cpeParts(name: string): readonly string[] {
  const parts: string[] = []
  let part = ''
  for (let at = 0; at < name.length; at++) {
    if (name[at] === '\\' && at + 1 < name.length) part += name[++at]
    else if (name[at] === ':') {
      parts.push(part)
      part = ''
    } else part += name[at]
  }
  return [...parts, part]
}
