import sax from 'sax'
import { decodeText } from './text.ts'

const MAX_DEPTH = 256
const MAX_ELEMENTS = 500_000

/** An element of an XML document. */
export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Its own text, without that of its children, trimmed. */
  readonly text: string
  /** First and last line, from 1. */
  readonly lines: readonly [number, number]
}

interface Open {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Open[]
  readonly lines: [number, number]
  text: string
}

/**
 * The root element of an XML 1.0 document (https://www.w3.org/TR/xml/), or what is wrong with it, with its line, as the end of a sentence.
 * Entities that a document declares are not expanded: one that uses them is refused.
 */
export function parseXml(bytes: Uint8Array): { readonly root: XmlElement } | { readonly problem: string } {
  const reader = sax.parser(true, { trim: false, position: true })
  const open: Open[] = []
  let root: Open | undefined
  let elements = 0
  let tagLine = 1
  reader.onerror = (error) => {
    throw error
  }
  reader.onopentagstart = () => {
    tagLine = reader.line + 1
  }
  reader.onopentag = ({ name, attributes }) => {
    if (++elements > MAX_ELEMENTS) throw new Refusal(`it has more than ${MAX_ELEMENTS} elements`)
    if (open.length >= MAX_DEPTH) throw new Refusal(`it nests deeper than ${MAX_DEPTH} levels`)
    const values = Object.entries(attributes).map(([key, value]): [string, string] => [localName(key), String(value)])
    const element: Open = {
      name: localName(name),
      attributes: new Map(values),
      children: [],
      lines: [tagLine, tagLine],
      text: '',
    }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  }
  const take = (text: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  }
  reader.ontext = take
  reader.oncdata = take
  reader.onclosetag = () => {
    const element = open.pop()
    if (element === undefined) return
    element.text = element.text.trim()
    element.lines[1] = reader.line + 1
  }
  try {
    reader.write(decodeText(bytes)).close()
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.message }
    return { problem: `it is not valid XML (line ${reader.line + 1})` }
  }
  return root === undefined ? { problem: 'it is empty' } : { root }
}

/** Says why a document is not read on. */
class Refusal extends Error {}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name)
}

/** All children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? []
}

/** The text of the first child of that name, undefined when there is none or it is empty. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  const text = child(element, name)?.text
  return text === '' ? undefined : text
}
