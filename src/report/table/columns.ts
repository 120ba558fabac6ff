import { columnsOf, pad } from '../printable.ts'

/** A cell: its text, and how it is painted once its width is settled. */
export interface Cell {
  readonly text: string
  readonly paint?: (text: string) => string
  readonly side?: 'left' | 'right'
}

/**
 * Rows with their columns aligned, two spaces between, each row indented. Padding comes before paint, so that escape sequences
 * never count as width. The last column is not padded.
 */
export function alignColumns(rows: readonly (readonly Cell[])[], indent: string, gap = '  '): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, columnsOf(cell.text))
  }
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const last = i === row.length - 1 && cell.side !== 'left'
      const padded = last ? cell.text : pad(cell.text, widths[i], cell.side)
      return cell.paint === undefined ? padded : cell.paint(padded)
    })
    return (indent + cells.join(gap)).trimEnd()
  })
}

/** Rows of plain text with their columns aligned; the columns in `figures` are set to the right. */
export function alignText(
  rows: readonly (readonly string[])[],
  indent: string,
  figures: readonly number[] = [],
): string[] {
  return alignColumns(
    rows.map((row) => row.map((text, i) => ({ text, side: figures.includes(i) ? 'left' : 'right' }))),
    indent,
  )
}
