import { createColors } from 'picocolors'
import type { Severity } from '../../model/severity.ts'

type Paint = (text: string) => string

/** The few ways in which the table is painted. Colour only repeats what words say. */
export interface Style {
  readonly strong: Paint
  readonly quiet: Paint
  readonly alarm: Paint
  readonly severity: Readonly<Record<Severity, Paint>>
}

/** Paint for a terminal, or none. */
export function styleOf(colour: boolean): Style {
  const paint = createColors(colour)
  return {
    strong: paint.bold,
    quiet: paint.dim,
    alarm: (text) => paint.bold(paint.red(text)),
    severity: {
      critical: (text) => paint.bold(paint.red(text)),
      high: paint.red,
      medium: paint.yellow,
      low: paint.cyan,
      negligible: paint.dim,
      unknown: paint.magenta,
    },
  }
}
