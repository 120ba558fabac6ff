import { type Exact, exact, least, minus, plus, tenthsNearest, times } from './exact.ts'
import type { Metrics, Tenths } from './types.ts'
import { definesAny, metricTable, weight } from './vector.ts'

/** Metrics and weights of CVSS 2.0, section 3.2. */
export const TABLE_2 = metricTable(
  `AV:L=0.395,A=0.646,N=1 AC:H=0.35,M=0.61,L=0.71 Au:M=0.45,S=0.56,N=0.704
   C:N=0,P=0.275,C=0.66 I:N=0,P=0.275,C=0.66 A:N=0,P=0.275,C=0.66`,
  `E:U=0.85,POC=0.9,F=0.95,H=1,ND=1 RL:OF=0.87,TF=0.9,W=0.95,U=1,ND=1 RC:UC=0.9,UR=0.95,C=1,ND=1
   CDP:N=0,L=0.1,LM=0.3,MH=0.4,H=0.5,ND=0 TD:N=0,L=0.25,M=0.75,H=1,ND=1
   CR:L=0.5,M=1,H=1.51,ND=1 IR:L=0.5,M=1,H=1.51,ND=1 AR:L=0.5,M=1,H=1.51,ND=1`,
)

const ONE = exact(1)
const TEN = exact(10)

/** Tenths of the scores of CVSS 2.0, by the equations of section 3.2 (https://www.first.org/cvss/v2/guide). */
export function score2(metrics: Metrics): Tenths {
  const of = (metric: string) => exact(weight(TABLE_2, metric, metrics.get(metric) ?? 'ND'))
  const inverse = (factor: Exact) => minus(ONE, factor)
  const impact = times(exact(10.41), minus(ONE, times(inverse(of('C')), inverse(of('I')), inverse(of('A')))))
  const exploitability = times(exact(20), of('AV'), of('AC'), of('Au'))
  const baseOf = (factor: Exact): Exact => {
    if (factor.digits === 0n) return exact(0)
    const sum = minus(plus(times(exact(0.6), factor), times(exact(0.4), exploitability)), exact(1.5))
    return tenths(tenthsNearest(times(sum, exact(1.176))))
  }
  const temporalOf = (base: Exact) => tenths(tenthsNearest(times(base, of('E'), of('RL'), of('RC'))))

  const base = baseOf(impact)
  const temporal = definesAny(metrics, ['E', 'RL', 'RC']) ? bounded(temporalOf(base)) : undefined
  if (!definesAny(metrics, ['CDP', 'TD', 'CR', 'IR', 'AR']))
    return { base: bounded(base), temporal, overall: temporal ?? bounded(base) }

  const required = (metric: string, requirement: string) => inverse(times(of(metric), of(requirement)))
  const product = times(required('C', 'CR'), required('I', 'IR'), required('A', 'AR'))
  const adjusted = temporalOf(baseOf(least(TEN, times(exact(10.41), minus(ONE, product)))))
  const whole = times(plus(adjusted, times(minus(TEN, adjusted), of('CDP'))), of('TD'))
  const environmental = bounded(tenths(tenthsNearest(whole)))
  return { base: bounded(base), temporal, environmental, overall: environmental }
}

function tenths(count: number): Exact {
  return { digits: BigInt(count), places: 1 }
}

function bounded(score: Exact): number {
  return Math.min(100, Math.max(0, Number(score.digits)))
}
