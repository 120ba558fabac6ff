import { decodeText, linesOf } from '../documents/text.ts'

const MAX_HEADERS = 2000

/**
 * The main section of a `META-INF/MANIFEST.MF` (https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#jar-manifest): header
 * names in lower case, continuation lines joined; of one that stands twice the last counts, as in `java.util.jar.Manifest`.
 */
export function parseManifest(bytes: Uint8Array): Map<string, string> {
  const headers = new Map<string, string>()
  let name: string | undefined
  let value: string[] = []
  const keep = () => {
    if (name !== undefined && headers.size < MAX_HEADERS) headers.set(name.toLowerCase(), value.join('').trim())
  }
  for (const line of linesOf(decodeText(bytes))) {
    if (line === '') break
    if (line.startsWith(' ')) value.push(line.slice(1))
    else {
      keep()
      const colon = line.indexOf(':')
      name = colon > 0 ? line.slice(0, colon) : undefined
      value = [line.slice(colon + 1)]
    }
  }
  keep()
  return headers
}

/**
 * Keys and values of a `.properties` file as `java.util.Properties.load` describes it, as far as `pom.properties` uses it: no line is
 * continued, and of the escapes only those that stand for the character itself.
 */
export function parseProperties(bytes: Uint8Array): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of linesOf(decodeText(bytes))) {
    const [, key, value] = /^\s*([^#!\s=:][^\s=:]*)\s*[=:]\s*(.*)$/.exec(line) ?? []
    if (key !== undefined && values.size < MAX_HEADERS) values.set(key, value.trim().replace(/\\([:=\\ #!])/g, '$1'))
  }
  return values
}
