import { createColors } from 'picocolors'
import type { Failure } from '../lib/failure.ts'
import { printable } from '../report/index.ts'

/** A failure as a person reads it: what failed, on what, why, what to try; with `debug` also its code and causes. */
export function errorText(failure: Failure, options: { readonly colour: boolean; readonly debug: boolean }): string {
  const paint = createColors(options.colour)
  if (failure.kind === 'interrupted') return `${printable(failure.message)}\n`
  const message = plainWords(failure.message)
  const input = failure.input === undefined || message.includes(failure.input) ? '' : `${printable(failure.input)}: `
  const lines = [`${paint.bold(paint.red('error:'))} ${input}${printable(message)}`]
  for (const hint of failure.hints.slice(0, 3)) lines.push(`  try: ${printable(hint)}`)
  if (failure.kind === 'internal')
    lines.push('  this is a defect of bulwark: please report it with the output of --debug')
  if (options.debug) lines.push(...debugLines(failure))
  return `${lines.join('\n')}\n`
}

/**
 * Node's words for what the system said, without its code, call and path: `ENOENT: no such file or directory, stat '/x'` is
 * `no such file or directory`. The path stands in the message already; `--debug` shows all of it.
 */
function plainWords(message: string): string {
  return message.replace(/\bE[A-Z0-9]{2,20}: ([^,]{1,200}), [a-z]{1,20}(?: '.*')?$/, '$1')
}

function debugLines(failure: Failure): string[] {
  const lines = [`  code: ${failure.code}`]
  let cause: unknown = failure
  for (let depth = 0; depth < 8 && cause instanceof Error; depth++) {
    const stack = (cause.stack ?? '').split('\n').slice(1, 7)
    lines.push(
      `  ${depth === 0 ? 'at' : 'caused by'}: ${printable(cause.message)}`,
      ...stack.map((line) => `    ${printable(line.trim())}`),
    )
    cause = cause.cause
  }
  return lines
}
