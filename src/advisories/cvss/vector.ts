import type { CvssFailure, Metrics, MetricTable } from './types.ts'

/** Longest text that is looked at: the longest real vector, of 4.0 with every metric, has 220 characters. */
export const LONGEST_VECTOR = 1024

/**
 * The metrics of `fields` (`AV:N/AC:L/…`, without the version) by the table's names and values, in any order. A failure for the
 * first field that is malformed, unknown or there twice, and for the first mandatory metric that is missing.
 */
export function parseMetrics(fields: string, table: MetricTable): Metrics | CvssFailure {
  const metrics = new Map<string, string>()
  for (const field of fields.split('/')) {
    const colon = field.indexOf(':')
    if (colon <= 0 || colon === field.length - 1) return failure('malformed-field', `"${field}" is not METRIC:VALUE`)
    const metric = field.slice(0, colon)
    const values = table.values.get(metric)
    if (values === undefined) return failure('unknown-metric', `"${metric}" is not a metric of this version`)
    const value = field.slice(colon + 1)
    if (!values.has(value)) return failure('unknown-value', `"${value}" is not a value of ${metric}`)
    if (metrics.has(metric)) return failure('duplicate-metric', `${metric} is there twice`)
    metrics.set(metric, value)
  }
  for (const metric of table.mandatory)
    if (!metrics.has(metric)) return failure('missing-metric', `${metric} is missing`)
  return metrics
}

/** A failure with its sentence; control characters of the input are left out of it. */
export function failure(kind: CvssFailure['failure'], message: string): CvssFailure {
  return { failure: kind, message: message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200) }
}

/** Whether any of the metrics is given a value other than "not defined". */
export function definesAny(metrics: Metrics, names: readonly string[]): boolean {
  return names.some((name) => {
    const value = metrics.get(name)
    return value !== undefined && value !== 'X' && value !== 'ND'
  })
}

/** `AV:N=1,A=0.5 …` as a table: metrics separated by blanks, values by commas. */
export function metricTable(mandatory: string, optional: string): MetricTable {
  const values = new Map<string, ReadonlyMap<string, number>>()
  const read = (text: string) =>
    text
      .trim()
      .split(/\s+/)
      .map((entry) => {
        const [name, list] = entry.split(':')
        const pairs = list.split(',').map((pair): [string, number] => {
          const [value, weight] = pair.split('=')
          return [value, weight === undefined ? 0 : Number(weight)]
        })
        values.set(name, new Map(pairs))
        return name
      })
  const names = read(mandatory)
  read(optional)
  return { mandatory: names, values }
}

/** The weight of a metric's value, 0 for one that has none. */
export function weight(table: MetricTable, metric: string, value: string): number {
  return table.values.get(metric)?.get(value) ?? 0
}
