import { MACRO_VECTOR_SCORES } from './macro-vectors.ts'
import type { Metrics, Tenths } from './types.ts'
import { definesAny, metricTable, weight } from './vector.ts'

const REQUIREMENT = 'X=0,H=0,M=1,L=2'
const VULNERABLE = 'H=0,L=1,N=2'

/** Metrics of CVSS 4.0, section 2 to 5, each value with its steps below the most severe one. */
export const TABLE_4 = metricTable(
  `AV:N=0,A=1,L=2,P=3 AC:L=0,H=1 AT:N=0,P=1 PR:N=0,L=1,H=2 UI:N=0,P=1,A=2
   VC:${VULNERABLE} VI:${VULNERABLE} VA:${VULNERABLE} SC:H=1,L=2,N=3 SI:H=1,L=2,N=3 SA:H=1,L=2,N=3`,
  `E:X=0,A=0,P=1,U=2 CR:${REQUIREMENT} IR:${REQUIREMENT} AR:${REQUIREMENT}
   MAV:X,N,A,L,P MAC:X,L,H MAT:X,N,P MPR:X,N,L,H MUI:X,N,P,A
   MVC:X,H,L,N MVI:X,H,L,N MVA:X,H,L,N MSC:X,H,L,N MSI:X,S,H,L,N MSA:X,S,H,L,N
   S:X,N,P AU:X,N,Y R:X,A,U,I V:X,D,C RE:X,L,M,H U:X,Clear,Green,Amber,Red`,
)

const ENVIRONMENTAL = [
  ...['CR', 'IR', 'AR', 'MAV', 'MAC', 'MAT', 'MPR', 'MUI'],
  ...['MVC', 'MVI', 'MVA', 'MSC', 'MSI', 'MSA'],
]

/** One equivalence set at one level: its most severe vectors, and how many steps it spans. */
interface Level {
  readonly highest: readonly string[]
  readonly depth: number
}

/** Tables of section 8.2 and 8.3; EQ3 and EQ6 hang together, keyed by both digits. */
const EQ1: readonly Level[] = [
  { highest: ['AV:N/PR:N/UI:N'], depth: 1 },
  { highest: ['AV:A/PR:N/UI:N', 'AV:N/PR:L/UI:N', 'AV:N/PR:N/UI:P'], depth: 4 },
  { highest: ['AV:P/PR:N/UI:N', 'AV:A/PR:L/UI:P'], depth: 5 },
]
const EQ2: readonly Level[] = [
  { highest: ['AC:L/AT:N'], depth: 1 },
  { highest: ['AC:H/AT:N', 'AC:L/AT:P'], depth: 2 },
]
const EQ3_EQ6: ReadonlyMap<string, Level> = new Map([
  ['00', { highest: ['VC:H/VI:H/VA:H/CR:H/IR:H/AR:H'], depth: 7 }],
  ['01', { highest: ['VC:H/VI:H/VA:L/CR:M/IR:M/AR:H', 'VC:H/VI:H/VA:H/CR:M/IR:M/AR:M'], depth: 6 }],
  ['10', { highest: ['VC:L/VI:H/VA:H/CR:H/IR:H/AR:H', 'VC:H/VI:L/VA:H/CR:H/IR:H/AR:H'], depth: 8 }],
  [
    '11',
    {
      highest: [
        'VC:L/VI:H/VA:L/CR:H/IR:M/AR:H',
        'VC:L/VI:H/VA:H/CR:H/IR:M/AR:M',
        'VC:H/VI:L/VA:H/CR:M/IR:H/AR:M',
        'VC:H/VI:L/VA:L/CR:M/IR:H/AR:H',
        'VC:L/VI:L/VA:H/CR:H/IR:H/AR:M',
      ],
      depth: 8,
    },
  ],
  ['21', { highest: ['VC:L/VI:L/VA:L/CR:H/IR:H/AR:H'], depth: 10 }],
])
const EQ4: readonly Level[] = [
  { highest: ['SC:H/SI:S/SA:S'], depth: 6 },
  { highest: ['SC:H/SI:H/SA:H'], depth: 5 },
  { highest: ['SC:L/SI:L/SA:L'], depth: 4 },
]

type Lookup = (metric: string) => string

/**
 * Tenths of the scores of CVSS 4.0: base, with threat metrics, and with all. The method is that of section 8: the macro vector's score, less
 * the mean share of the way to the next lower macro vectors (https://www.first.org/cvss/v4.0/specification-document).
 */
export function score4(metrics: Metrics): Tenths {
  const threat = definesAny(metrics, ['E'])
  const given = (names: (metric: string) => boolean): Lookup => {
    const raw = (metric: string) => (names(metric) ? (metrics.get(metric) ?? 'X') : 'X')
    return (metric) => {
      const modified = raw(`M${metric}`)
      if (modified !== 'X') return modified
      const value = raw(metric)
      if (value !== 'X') return value
      return metric === 'E' ? 'A' : 'H'
    }
  }
  const isBase = (metric: string) => TABLE_4.mandatory.includes(metric)
  const base = scoreOf(given(isBase))
  const temporal = threat ? scoreOf(given((metric) => isBase(metric) || metric === 'E')) : undefined
  if (!definesAny(metrics, ENVIRONMENTAL)) return { base, temporal, overall: temporal ?? base }
  const environmental = scoreOf(given(() => true))
  return { base, temporal, environmental, overall: environmental }
}

function scoreOf(value: Lookup): number {
  if (['VC', 'VI', 'VA', 'SC', 'SI', 'SA'].every((metric) => value(metric) === 'N')) return 0
  const macro = macroVector(value)
  const score = MACRO_VECTOR_SCORES.get(macro.join('')) ?? 0
  // Each share: how far down this set is, as steps of depth, times what the next lower macro vector scores less.
  const shares = [
    { lower: lowerScore(macro, [1, 0, 0, 0, 0, 0]), level: EQ1[macro[0]] },
    { lower: lowerScore(macro, [0, 1, 0, 0, 0, 0]), level: EQ2[macro[1]] },
    { lower: lowerImpact(macro), level: EQ3_EQ6.get(`${macro[2]}${macro[5]}`) },
    { lower: lowerScore(macro, [0, 0, 0, 1, 0, 0]), level: EQ4[macro[3]] },
    // All values of EQ5's single metric are levels of their own: no steps within.
    { lower: lowerScore(macro, [0, 0, 0, 0, 1, 0]), level: undefined },
  ].filter((share) => share.lower !== undefined)
  // Exact arithmetic in whole numbers: the sum of fractions over the product of all depths.
  let sum = 0
  let product = 1
  for (const { lower = 0, level } of shares) {
    if (level === undefined) continue
    sum = sum * level.depth + (score - lower) * steps(level, value) * product
    product *= level.depth
  }
  const parts = product * Math.max(1, shares.length)
  const tenths = Math.floor((2 * (score * parts - sum) + parts) / (2 * parts))
  return Math.min(100, Math.max(0, tenths))
}

/** The six digits of section 8.2, tables 24 to 29. */
function macroVector(value: Lookup): readonly number[] {
  const is = (metric: string, wanted: string) => value(metric) === wanted
  const easy = [is('AV', 'N'), is('PR', 'N'), is('UI', 'N')]
  const eq1 = easy.every(Boolean) ? 0 : easy.some(Boolean) && !is('AV', 'P') ? 1 : 2
  const eq2 = is('AC', 'L') && is('AT', 'N') ? 0 : 1
  const eq3 = is('VC', 'H') && is('VI', 'H') ? 0 : is('VC', 'H') || is('VI', 'H') || is('VA', 'H') ? 1 : 2
  const eq4 = is('SI', 'S') || is('SA', 'S') ? 0 : is('SC', 'H') || is('SI', 'H') || is('SA', 'H') ? 1 : 2
  const eq5 = is('E', 'A') ? 0 : is('E', 'P') ? 1 : 2
  const needed = (['C', 'I', 'A'] as const).some((kind) => is(`${kind}R`, 'H') && is(`V${kind}`, 'H'))
  return [eq1, eq2, eq3, eq4, eq5, needed ? 0 : 1]
}

function lowerScore(macro: readonly number[], down: readonly number[]): number | undefined {
  return MACRO_VECTOR_SCORES.get(macro.map((digit, index) => digit + down[index]).join(''))
}

/** The next lower one of EQ3 and EQ6 together; from the top there are two ways, and the milder step counts. */
function lowerImpact(macro: readonly number[]): number | undefined {
  const eq3 = lowerScore(macro, [0, 0, 1, 0, 0, 0])
  const eq6 = lowerScore(macro, [0, 0, 0, 0, 0, 1])
  if (macro[5] === 1) return eq3
  if (macro[2] === 1) return eq6
  return eq3 === undefined || eq6 === undefined ? (eq3 ?? eq6) : Math.max(eq3, eq6)
}

/** Steps from the first of the level's most severe vectors that is at least as severe in every metric. */
function steps(level: Level, value: Lookup): number {
  for (const highest of level.highest) {
    let total = 0
    const covers = highest.split('/').every((field) => {
      const [metric, top] = field.split(':')
      const distance = stepOf(metric, value(metric)) - stepOf(metric, top)
      total += distance
      return distance >= 0
    })
    if (covers) return total
  }
  return 0
}

function stepOf(metric: string, value: string): number {
  // `S` (safety) is a value of the modified metrics only, and above all others.
  return value === 'S' ? 0 : weight(TABLE_4, metric, value)
}
