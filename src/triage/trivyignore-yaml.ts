import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import * as z from 'zod'
import type { Diagnostic } from '../model/diagnostic.ts'
import { clip, isDate, MOST_EXCEPTIONS, until, wrong } from './trivyignore.ts'
import type { Exception, ExceptionFile } from './types.ts'

/** Sections that Trivy knows and that name findings of kinds that are not looked for here. */
const OTHER_SECTIONS: ReadonlySet<string> = new Set(['misconfigurations', 'secrets', 'licenses'])

const entrySchema = z.object({
  id: z.string().min(1),
  paths: z.array(z.string()).max(10_000).nullish(),
  purls: z.array(z.string()).max(10_000).nullish(),
  statement: z.string().nullish(),
  expired_at: z.string().nullish(),
})

/**
 * Reads `.trivyignore.yaml`, section `vulnerabilities`: `id`, `paths`, `purls`, `statement`, `expired_at`
 * (https://trivy.dev/latest/docs/configuration/filtering/#trivyignoreyaml). Other sections are passed over with a notice. A file that
 * is no YAML, or an entry of another form, gives a diagnostic that names its line. Aliases are not expanded beyond YAML's usual bound.
 */
export function parseTrivyIgnoreYaml(text: string, file: string): ExceptionFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, schema: 'core', strict: true, uniqueKeys: true })
  const lineOf = (node: Node | null | undefined) => (node?.range ? lines.linePos(node.range[0]).line : 1)
  const diagnostics: Diagnostic[] = document.errors
    .slice(0, 20)
    .map((error) => wrong(file, error.linePos?.[0].line ?? 1, clip(error.message.split('\n')[0])))
  if (diagnostics.length > 0 || document.contents === null) return { exceptions: [], diagnostics }
  if (!isMap(document.contents)) return { exceptions: [], diagnostics: [wrong(file, 1, 'not a mapping')] }
  const exceptions: Exception[] = []
  for (const pair of (document.contents as YAMLMap<Node, Node | null>).items) {
    const section = isScalar(pair.key) ? String(pair.key.value) : ''
    const line = lineOf(pair.key)
    if (OTHER_SECTIONS.has(section)) diagnostics.push(passedOver(file, line, section))
    else if (section !== 'vulnerabilities') diagnostics.push(wrong(file, line, `"${clip(section)}" is not a section`))
    else if (isSeq(pair.value)) {
      for (const item of pair.value.items.slice(0, MOST_EXCEPTIONS)) {
        const at = lineOf(item as Node)
        const entry = isMap(item) ? plain(item as YAMLMap<Node, Node | null>) : undefined
        const read = toException(entry, `${file}:${at}`)
        if (typeof read === 'string') diagnostics.push(wrong(file, at, read))
        else exceptions.push(read)
      }
    } else if (isScalar(pair.value) && pair.value.value !== null) diagnostics.push(wrong(file, line, 'not a list'))
  }
  return { exceptions, diagnostics }
}

/** The fields that count, as written: dates and numbers stay the text that they are, aliases to other nodes are not followed. */
function plain(map: YAMLMap<Node, Node | null>): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null)
  for (const { key, value } of map.items) {
    if (!isScalar(key)) continue
    fields[String(key.value)] = isSeq(value) ? value.items.map(written) : written(value)
  }
  return fields
}

function written(node: unknown): unknown {
  if (node === null) return null
  if (!isScalar(node)) return undefined
  return node.value === null ? null : (node.source ?? String(node.value))
}

/** The exception, or what is wrong with the entry. */
function toException(entry: Record<string, unknown> | undefined, by: string): Exception | string {
  const parsed = entrySchema.safeParse(entry)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return entry === undefined ? 'not a mapping' : `${issue.path.join('.')}: ${issue.message}`
  }
  const { id, paths, purls, statement, expired_at: expiry } = parsed.data
  const day = expiry?.slice(0, 10)
  if (day !== undefined && !isDate(day)) return `"${clip(expiry ?? '')}" is not a date`
  return { name: id, paths: paths ?? [], purls: purls ?? [], reason: statement ?? '', ...until(day), by }
}

function passedOver(file: string, line: number, section: string): Diagnostic {
  return {
    code: 'exception-section-not-used',
    message: `line ${line}: exceptions under "${section}" are not used: no such findings are looked for`,
    path: file,
    effect: 'notice',
  }
}
