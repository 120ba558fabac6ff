import { Failure } from '../lib/failure.ts'

/** Lines that a list may have: every image of a large registry, and a bound. */
const MOST_LINES = 1_000_000
/** No reference is longer. */
const LONGEST_LINE = 4096

/** A target of a batch; `from` says where it stands, for messages. */
export interface ListedTarget {
  readonly reference: string
  /** `images.txt:7`, `podman`, `registry.example/team/*`. */
  readonly from?: string
}

/** A target that could not even be named. */
export interface UnusableTarget extends ListedTarget {
  readonly failure: Failure
}

/**
 * The targets of a list, one a line; empty lines and those that begin with `#` are none. A line that cannot be a target is returned with
 * a failure that names its number; the others go on.
 * @throws Failure `list-too-long`.
 */
export function parseImageList(text: string, name: string): readonly (ListedTarget | UnusableTarget)[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  if (lines.length > MOST_LINES)
    throw new Failure('list-too-long', `it has more than ${MOST_LINES} lines`, { kind: 'usage', input: name })
  return lines.flatMap((line, i): (ListedTarget | UnusableTarget)[] => {
    const reference = line.trim()
    if (reference === '' || reference.startsWith('#')) return []
    const from = `${name}:${i + 1}`
    const why = problemOf(reference)
    if (why === undefined) return [{ reference, from }]
    const failure = new Failure('list-line-invalid', `line ${i + 1} of ${name} ${why}`, {
      kind: 'usage',
      input: from,
      hints: ['one image, archive or folder a line; a line that begins with # is a remark'],
    })
    return [{ reference: reference.slice(0, 200), from, failure }]
  })
}

function problemOf(line: string): string | undefined {
  if (line.length > LONGEST_LINE) return `is longer than ${LONGEST_LINE} characters`
  if (/[\u0000-\u001f\u007f]/.test(line)) return 'holds control characters'
  if (/\s/.test(line)) return `holds a space: "${line.slice(0, 80)}"`
  return undefined
}
