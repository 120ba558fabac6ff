/** How bad a finding is. `unknown` is a value of its own: nobody said, and nothing is invented. */
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'negligible' | 'unknown'

/** All severities, worst first; `unknown` last. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown']
