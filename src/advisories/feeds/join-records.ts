import type { OsvRecord } from '../types.ts'

/**
 * One record of what several documents of one publisher say under one id, as Alpine's repositories about their own packages: all affected
 * entries and names, the newest time, the first of everything else. Equal entries are taken once. The list is not empty.
 */
export function joinRecords(records: readonly OsvRecord[]): OsvRecord {
  if (records.length === 1) return records[0]
  const first = records.find((record) => record.summary !== undefined || record.details !== undefined) ?? records[0]
  const distinct = <T>(of: (record: OsvRecord) => readonly T[]): T[] => [
    ...new Map(records.flatMap(of).map((value) => [JSON.stringify(value), value])).values(),
  ]
  const published = records.flatMap((record) => record.published ?? []).sort()[0]
  const { withdrawn, ...rest } = first
  return {
    ...rest,
    modified: records.map((record) => record.modified).reduce((a, b) => (Date.parse(a) < Date.parse(b) ? b : a)),
    ...(published === undefined ? {} : { published }),
    // Withdrawn is what all of them withdraw.
    ...(withdrawn !== undefined && records.every((record) => record.withdrawn !== undefined) ? { withdrawn } : {}),
    aliases: distinct((record) => record.aliases),
    upstream: distinct((record) => record.upstream),
    related: distinct((record) => record.related),
    severity: distinct((record) => record.severity),
    references: distinct((record) => record.references),
    affected: distinct((record) => (record.withdrawn === undefined || withdrawn !== undefined ? record.affected : [])),
  }
}
