export type CvssVersion = '2.0' | '3.0' | '3.1' | '4.0'

/** The specification's words for a score; version 2.0 has none for zero and for critical, NVD's bands are used. */
export type CvssSeverity = 'none' | 'low' | 'medium' | 'high' | 'critical'

/** What a vector scores. Every score is 0 to 10 with one decimal. */
export interface CvssScore {
  readonly version: CvssVersion
  /** From the base metrics alone. */
  readonly base: number
  /** With the temporal metrics (4.0: threat metrics); in 2.0 and 4.0 only where the vector defines any. */
  readonly temporal?: number
  /** With all metrics; in 2.0 and 4.0 only where the vector defines an environmental one. */
  readonly environmental?: number
  /** The most specific that the vector defines: environmental, else temporal, else base. */
  readonly overall: number
  /** Of `overall`. */
  readonly severity: CvssSeverity
}

/** Why a text is no vector. */
export interface CvssFailure {
  readonly failure:
    | 'too-long'
    | 'unknown-version'
    | 'malformed-field'
    | 'unknown-metric'
    | 'unknown-value'
    | 'duplicate-metric'
    | 'missing-metric'
  /** One sentence for a person, naming the metric. */
  readonly message: string
}

/** Values of metrics by abbreviation; a metric that the vector leaves out is not in it. */
export type Metrics = ReadonlyMap<string, string>

/** For each metric its values with their weight; a metric is mandatory unless it has a `notDefined`. */
export interface MetricTable {
  readonly mandatory: readonly string[]
  readonly values: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Scores as whole tenths, 0 to 100. */
export interface Tenths {
  readonly base: number
  readonly temporal?: number
  readonly environmental?: number
  readonly overall: number
}
