import type { Diagnostic } from '../model/diagnostic.ts'
import type { Exception, ExceptionFile } from './types.ts'

/** Exceptions that one file may hold; the rest is left out and said so. */
export const MOST_EXCEPTIONS = 100_000

/**
 * Reads `.trivyignore`: an ID a line, `exp:YYYY-MM-DD` behind it, `#` begins a comment line
 * (https://trivy.dev/latest/docs/configuration/filtering/#trivyignore). The comment lines right above an ID are its reason, since that is
 * where people write it. `file` is the name that `by` and the diagnostics give.
 */
export function parseTrivyIgnore(text: string, file: string): ExceptionFile {
  const exceptions: Exception[] = []
  const diagnostics: Diagnostic[] = []
  let comments: string[] = []
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.trim()
    if (line === '') comments = []
    else if (line.startsWith('#')) comments.push(line.replace(/^#+\s*/, ''))
    else {
      if (exceptions.length >= MOST_EXCEPTIONS) {
        diagnostics.push(wrong(file, index + 1, `more than ${MOST_EXCEPTIONS} exceptions`))
        break
      }
      const [name, ...words] = line.split(/\s+/)
      const expiry = words.find((word) => word.startsWith('exp:'))?.slice('exp:'.length)
      if (expiry !== undefined && !isDate(expiry))
        diagnostics.push(wrong(file, index + 1, `"${clip(expiry)}" is not a date`))
      else
        exceptions.push({
          name,
          paths: [],
          purls: [],
          reason: comments.join(' '),
          ...until(expiry),
          by: `${file}:${index + 1}`,
        })
      comments = []
    }
  }
  return { exceptions, diagnostics }
}

/** A notice that one entry of an exception file is not applied. */
export function wrong(file: string, line: number, problem: string): Diagnostic {
  return {
    code: 'exception-invalid',
    message: `line ${line}: ${problem}; the exception is not applied`,
    path: file,
    effect: 'notice',
  }
}

/** Whether text is a day of the calendar, `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** The member `until`, where there is a date. */
export function until(date: string | undefined): { readonly until?: string } {
  return date === undefined ? {} : { until: date }
}

/** Text from a file, short enough for a message. */
export function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
