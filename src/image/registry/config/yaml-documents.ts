import { parseAllDocuments } from 'yaml'

/** No more documents are read from one file. */
const MOST_DOCUMENTS = 1000

/** The documents of a YAML stream (https://yaml.org/spec/1.2.2/), objects as Maps; undefined when it is not YAML or grows without bound. */
export function parseYamlDocuments(text: string): readonly unknown[] | undefined {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false })
    if (!Array.isArray(documents) || documents.length > MOST_DOCUMENTS) return undefined
    if (documents.some(({ errors }) => errors.length > 0)) return undefined
    return documents.map((document) => document.toJS({ mapAsMap: true, maxAliasCount: 100 }))
  } catch {
    // Nested too deep, or aliases that grow without bound.
    return undefined
  }
}
