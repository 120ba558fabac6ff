import * as z from 'zod/mini'
import { Failure } from '../../../lib/failure.ts'
import { documentText } from '../document-text.ts'
import type { FeedItem, FeedReader, OpenDocument } from '../types.ts'

const MAX_BYTES = 128 * 1024 ** 2
const templateShape = z.object({ ID: z.string(), file_path: z.string() })

/**
 * Nuclei's list of templates about CVEs (`cves.json` of https://github.com/projectdiscovery/nuclei-templates, a JSON object a line): a request
 * that shows the weakness is published.
 */
export const nucleiReader: FeedReader = {
  documents: async () => [{ path: 'cves.json', maxBytes: MAX_BYTES }],
  read: readTemplates,
}

async function* readTemplates(document: OpenDocument): AsyncGenerator<FeedItem> {
  const { input } = document
  const text = await documentText(document, MAX_BYTES)
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  let good = 0
  for (const [index, line] of lines.entries()) {
    const template = templateOf(line)
    const cve = /^CVE-\d{4}-\d{4,12}$/i.exec(template?.ID ?? '')?.[0].toUpperCase()
    if (template === undefined || cve === undefined) {
      // The last line of a list that is cut short is half of one.
      if (index === lines.length - 1 && template === undefined)
        throw new Failure('feed-form', `${input} is cut short, or no list of templates`, { input })
      yield { wrong: `line ${index + 1}`, reason: 'not the form of a template' }
      continue
    }
    good++
    const reference = `https://github.com/projectdiscovery/nuclei-templates/blob/main/${encodeURI(template.file_path)}`
    yield { fact: { cve, exploit: 'public', reference } }
  }
  if (good === 0) throw new Failure('feed-form', `${input} holds no templates`, { input })
}

function templateOf(line: string): z.infer<typeof templateShape> | undefined {
  try {
    return templateShape.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
