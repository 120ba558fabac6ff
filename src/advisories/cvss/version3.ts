import { type Exact, exact, least, minus, plus, power, tenthsNearest, tenthsUp, times } from './exact.ts'
import type { Metrics, Tenths } from './types.ts'
import { definesAny, metricTable, weight } from './vector.ts'

const REQUIREMENT = 'X=1,L=0.5,M=1,H=1.5'
const IMPACT = 'N=0,L=0.22,H=0.56'

/** Metrics and weights of CVSS 3.0 and 3.1, section 7.4. */
export const TABLE_3 = metricTable(
  `AV:N=0.85,A=0.62,L=0.55,P=0.2 AC:L=0.77,H=0.44 PR:N=0.85,L=0.62,H=0.27 UI:N=0.85,R=0.62 S:U,C
   C:${IMPACT} I:${IMPACT} A:${IMPACT}`,
  `E:X=1,U=0.91,P=0.94,F=0.97,H=1 RL:X=1,O=0.95,T=0.96,W=0.97,U=1 RC:X=1,U=0.92,R=0.96,C=1
   CR:${REQUIREMENT} IR:${REQUIREMENT} AR:${REQUIREMENT}
   MAV:X,N,A,L,P MAC:X,L,H MPR:X,N,L,H MUI:X,N,R MS:X,U,C MC:X,N,L,H MI:X,N,L,H MA:X,N,L,H`,
)

const ENVIRONMENTAL = ['CR', 'IR', 'AR', 'MAV', 'MAC', 'MPR', 'MUI', 'MS', 'MC', 'MI', 'MA']

const ONE = exact(1)
const TEN = exact(10)

interface Inputs {
  readonly changed: boolean
  readonly impact: Exact
  readonly exploitability: Exact
}

/**
 * Tenths of the scores of CVSS 3.0 and 3.1, by the equations of section 7.1 to 7.3
 * (https://www.first.org/cvss/v3.1/specification-document). The two differ in the modified impact of a changed scope, for which the
 * environmental score of 3.1 can differ from the base score although no environmental metric is defined.
 */
export function score3(metrics: Metrics, version: '3.0' | '3.1'): Tenths {
  const of = (metric: string) => exact(weight(TABLE_3, metric, metrics.get(metric) ?? 'X'))
  const roundUp = version === '3.0' ? tenthsUp : tenthsUpFromFifthPlace
  const temporality = times(of('E'), of('RL'), of('RC'))
  const withTemporality = (tenths: number) => roundUp(times({ digits: BigInt(tenths), places: 1 }, temporality))
  const base = combined(inputs(metrics, false, version), roundUp)
  const temporal = withTemporality(base)
  const environmental = withTemporality(combined(inputs(metrics, true, version), roundUp))
  if (definesAny(metrics, ENVIRONMENTAL)) return { base, temporal, environmental, overall: environmental }
  return { base, temporal, environmental, overall: temporal }
}

/** Version 3.1's Roundup (appendix A): what is above a tenth by less than 0.000005 counts as that tenth. */
function tenthsUpFromFifthPlace(value: Exact): number {
  return tenthsUp({ digits: BigInt(tenthsNearest(times(value, exact(10_000)))), places: 5 })
}

/** Impact and exploitability, of the base metrics or, where modified ones are given, of those and the requirements. */
function inputs(metrics: Metrics, modified: boolean, version: '3.0' | '3.1'): Inputs {
  const value = (metric: string): string => {
    const own = modified ? metrics.get(`M${metric}`) : undefined
    return own === undefined || own === 'X' ? (metrics.get(metric) ?? 'X') : own
  }
  const of = (metric: string) => exact(weight(TABLE_3, metric, value(metric)))
  const changed = value('S') === 'C'
  const kept = (metric: string) => {
    const requirement = modified ? exact(weight(TABLE_3, `${metric}R`, metrics.get(`${metric}R`) ?? 'X')) : ONE
    return minus(ONE, times(of(metric), requirement))
  }
  const whole = minus(ONE, times(kept('C'), kept('I'), kept('A')))
  const base = modified ? least(whole, exact(0.915)) : whole
  const privileges = changed && value('PR') !== 'N' ? exact(value('PR') === 'L' ? 0.68 : 0.5) : of('PR')
  return {
    changed,
    impact: changed ? changedImpact(base, modified && version === '3.1') : times(exact(6.42), base),
    exploitability: times(exact(8.22), of('AV'), of('AC'), privileges, of('UI')),
  }
}

function changedImpact(base: Exact, modified31: boolean): Exact {
  const first = times(exact(7.52), minus(base, exact(0.029)))
  const curve = modified31
    ? power(minus(times(base, exact(0.9731)), exact(0.02)), 13)
    : power(minus(base, exact(0.02)), 15)
  return minus(first, times(exact(3.25), curve))
}

function combined({ changed, impact, exploitability }: Inputs, roundUp: (value: Exact) => number): number {
  if (impact.digits <= 0n) return 0
  const sum = plus(impact, exploitability)
  return roundUp(least(changed ? times(exact(1.08), sum) : sum, TEN))
}
