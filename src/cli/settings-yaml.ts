import { isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { Failure } from '../lib/failure.ts'
import type { SettingsFile } from './settings.ts'

const MOST_BYTES = 1024 * 1024

/** The settings of a file's text. Values are scalars or lists of scalars. @throws Failure of kind usage naming file and line. */
export function parseSettings(text: string, name: string, known: ReadonlySet<string>): SettingsFile {
  if (text.length > MOST_BYTES) throw refuse(name, 'is larger than 1 MiB')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined) throw refuse(`${name}:${lines.linePos(error.pos[0]).line}`, error.message.split('\n')[0])
  const entries = new Map<string, { text: string; line: number }>()
  if (document.contents === null) return { name, entries }
  if (!('items' in document.contents) || isSeq(document.contents))
    throw refuse(name, 'must hold settings as "name: value"')
  for (const pair of document.contents.items) {
    const key = pair.key as Node
    const line = lines.linePos(key.range?.[0] ?? 0).line
    const flag = isScalar(key) ? String(key.value) : ''
    if (!known.has(flag))
      throw refuse(`${name}:${line}`, `there is no setting "${flag}"`, ['bulwark settings lists them all'])
    entries.set(flag, { text: valueText(pair.value as Node | null, `${name}:${line}`), line })
  }
  return { name, entries }
}

function valueText(node: Node | null, at: string): string {
  if (node === null) return ''
  if (isScalar(node)) return node.value === null ? '' : String(node.value)
  if (isSeq(node) && node.items.every(isScalar)) return node.items.map((item) => String(item.value)).join(',')
  throw refuse(at, 'expects a value or a list of values')
}

function refuse(input: string, message: string, hints: readonly string[] = []): Failure {
  return new Failure('settings-file', message, { kind: 'usage', input, hints })
}
