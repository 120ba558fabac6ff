import { eastAsianWidth } from 'get-east-asian-width'

/** Control characters, and the invisible ones that reorder or hide text (UAX #9 bidirectional controls, zero-width, tags). */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu

/**
 * Text from an image or an advisory made safe for a terminal: control sequences, terminal links and direction overrides become
 * visible escapes (`\u001b`), line breaks a space.
 */
export function printable(text: string): string {
  return text.replace(/[\t\r\n]+/g, ' ').replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0) ?? 0
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

const ASCII = /^[\x20-\x7e]*$/
const COMBINING = /\p{M}/u

/**
 * Columns that a printable text takes in a terminal: wide characters (UAX #11) two, combining marks none. Joined emoji do not occur:
 * {@link printable} writes their joiners out.
 */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length
  let columns = 0
  for (const char of text) {
    if (!COMBINING.test(char)) columns += eastAsianWidth(char.codePointAt(0) ?? 0)
  }
  return columns
}

/** A figure with its thousands separated by a comma. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** The text cut to at most `columns`, with an ellipsis where something was cut. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const char of text) {
    const wide = columnsOf(char)
    if (used + wide > columns - 1) break
    kept += char
    used += wide
  }
  return `${kept.trimEnd()}…`
}

/** The text cut at its front to at most `columns`: of a path, the end says more than the beginning. */
export function cutFront(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const char of [...text].reverse()) {
    const wide = columnsOf(char)
    if (used + wide > columns - 1) break
    kept = char + kept
    used += wide
  }
  return `…${kept}`
}

/** The text padded with spaces to `columns`, on the right, or on the left for figures. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, columns - columnsOf(text)))
  return side === 'left' ? space + text : text + space
}

/** Words put into lines of at most `columns`. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (word === '') continue
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > columns) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? cut(word, columns) : `${line} ${word}`
  }
  if (line !== '') lines.push(line)
  return lines
}
