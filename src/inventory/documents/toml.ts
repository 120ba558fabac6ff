import { parse } from 'smol-toml'
import { asObject, type JsonObject } from '../json-document.ts'
import { decodeText, linesOf } from './text.ts'

const MAX_DEPTH = 100

/** The table that a TOML 1.0 document (https://toml.io/en/v1.0.0) is, or what is wrong with it, with its line, as the end of a sentence. */
export function parseToml(bytes: Uint8Array): { readonly object: JsonObject } | { readonly problem: string } {
  try {
    const object = asObject(parse(decodeText(bytes), { maxDepth: MAX_DEPTH }))
    return object === undefined ? { problem: 'it is not a table' } : { object }
  } catch (error) {
    const line = error instanceof Error && 'line' in error ? ` (line ${String(error.line)})` : ''
    return { problem: `it is not valid TOML${line}` }
  }
}

/**
 * First and last line (from 1) of every `[[name]]` of a document, in their order; `name` is the whole dotted name as written. A table
 * ends before the next header that is not inside it. Headers inside multi-line texts are none.
 */
export function tableLines(bytes: Uint8Array, name: string): [number, number][] {
  const found: [number, number][] = []
  let open: [number, number] | undefined
  let quote: string | undefined
  for (const [index, line] of linesOf(decodeText(bytes)).entries()) {
    const header = quote === undefined ? /^\s*\[\[?\s*([^\]]+?)\s*\]/.exec(line)?.[1] : undefined
    if (header !== undefined && /^\s*\[\[/.test(line) && header === name) {
      open = [index + 1, index + 1]
      found.push(open)
    } else if (header !== undefined && !header.startsWith(`${name}.`)) open = undefined
    else if (open !== undefined && line.trim() !== '' && !line.trimStart().startsWith('#')) open[1] = index + 1
    quote = quoteAfter(line, quote)
  }
  return found
}

/** Which multi-line text is open after the line. */
function quoteAfter(line: string, open: string | undefined): string | undefined {
  let quote = open
  for (const [mark] of line.matchAll(/"""|'''/g)) {
    if (quote === undefined) quote = mark
    else if (quote === mark) quote = undefined
  }
  return quote
}
