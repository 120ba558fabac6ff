/** A text in a program beside which its version stands. Patterns see Latin-1, one character a byte. */
export interface ProgramText {
  /** Searched for in all data of the file; 8 bytes or more: the shortest decides how fast all are looked for. */
  readonly needle: string
  /**
   * Where the version is: right behind the needle, right before it, or somewhere around it (then the nearest counts). A text of
   * `comment` is looked for in the section `.comment`, and its version stands behind it.
   */
  readonly where: 'after' | 'before' | 'around' | 'comment'
  /** Its first group is the version. */
  readonly version: RegExp
  /** How far it looks, in bytes: behind the needle, before it, or to each side. */
  readonly bytes: number
}

/** How a program or library is recognised by its content, and what it is called. */
export interface Program {
  /** Unique; facts are kept under it. */
  readonly id: string
  /** Namespace and name of the package URL, of type `generic`. */
  readonly purl: readonly [namespace: string, name: string]
  /** Vendor and product of CPE 2.3, as NVD's dictionary has them. */
  readonly cpes: readonly (readonly [vendor: string, product: string])[]
  readonly texts: readonly ProgramText[]
  /** Texts that stand somewhere in the file too, or it is something else. */
  readonly also?: readonly string[]
  /** Programs that have the same texts and more of their own: where one of them is recognised in the file, this is not it. */
  readonly unless?: readonly string[]
  /** It is built into other programs: where another is recognised in the file, that one contains it. */
  readonly part?: true
}

const AFTER_BYTES = 96
const BEFORE_BYTES = 64

/** The version right behind the needle; `pattern` is that of what follows. */
export function after(needle: string, pattern: string, bytes: number = AFTER_BYTES): ProgramText {
  return { needle, where: 'after', version: new RegExp(`^(?:${pattern})`), bytes }
}

/** The version right before the needle; `pattern` is that of what ends there. */
export function before(needle: string, pattern: string, bytes: number = BEFORE_BYTES): ProgramText {
  return { needle, where: 'before', version: new RegExp(`(?:${pattern})$`), bytes }
}

/** The version nearest to the needle, `bytes` to each side at most. */
export function around(needle: string, pattern: string, bytes: number): ProgramText {
  return { needle, where: 'around', version: new RegExp(pattern, 'g'), bytes }
}

/** The version behind a text that the compiler left. */
export function inComment(needle: string, pattern: string): ProgramText {
  return { needle, where: 'comment', version: new RegExp(`^(?:${pattern})`), bytes: AFTER_BYTES }
}

/** Three numbers. */
export const THREE = '(\\d{1,5}\\.\\d{1,5}\\.\\d{1,5})'

/** Two numbers or three. */
export const TWO_OR_THREE = '(\\d{1,5}\\.\\d{1,5}(?:\\.\\d{1,5})?)'

/** Farthest that a version may be from its needle. */
export const MAX_AROUND_BYTES = 96 * 1024

/** What is not told by the texts alone. */
type More = Partial<Pick<Program, 'also' | 'unless' | 'part'>> & {
  readonly namespace?: string
  readonly named?: string
}

/**
 * A program of this id, which is its package URL's name too unless `named` says otherwise; `cpes` as `vendor:product`.
 */
export function program(
  id: string,
  cpes: readonly string[],
  texts: readonly ProgramText[],
  { namespace = '', named = id, ...more }: More = {},
): Program {
  const pairs = cpes.map((pair): readonly [string, string] => {
    const [vendor = '', product = ''] = pair.split(':')
    return [vendor, product]
  })
  return { id, purl: [namespace, named], cpes: pairs, texts, ...more }
}
