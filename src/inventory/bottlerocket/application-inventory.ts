import * as z from 'zod/mini'
import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted, refuseIdentity, shownText } from '../recorded-text.ts'

/** One package of the system image; it is built as an RPM. */
export interface BottlerocketFact {
  readonly name: string
  readonly version: string
  readonly release: string
  /** Left out when it is 0. */
  readonly epoch?: string
  readonly architecture?: string
  readonly publisher?: string
}

const Document = z.object({ Content: z.array(z.unknown()) })
const Entry = z.object({
  Name: z.string(),
  Version: z.string(),
  Release: z._default(z.string(), ''),
  Epoch: z.optional(z.string().check(z.regex(/^\d*$/))),
  Architecture: z.optional(z.string()),
  Publisher: z.optional(z.string()),
})

/** Reads Bottlerocket's list of what its image is made of (https://github.com/bottlerocket-os/bottlerocket, "application inventory"). */
export const applicationInventoryReader: FileReader<BottlerocketFact> = {
  id: 'bottlerocket-inventory',
  version: 1,
  wants: {
    any: [{ path: 'usr/share/bottlerocket/application-inventory.json' }],
    maxBytes: 64 * 1024 * 1024,
    loss: 'blind',
  },
  read,
  keys: (fact) => [`${fact.name} ${wholeVersion(fact)} ${fact.architecture ?? ''}`],
}

/** `epoch:version-release`, as RPM compares it. */
export function wholeVersion(fact: BottlerocketFact): string {
  const release = fact.release === '' ? '' : `-${fact.release}`
  return `${fact.epoch === undefined ? '' : `${fact.epoch}:`}${fact.version}${release}`
}

function read(file: FileBytes): ReadResult<BottlerocketFact> {
  let document: z.infer<typeof Document>
  try {
    document = Document.parse(JSON.parse(new TextDecoder().decode(file.bytes)))
  } catch (error) {
    const message = `the inventory ${error instanceof SyntaxError ? 'is not JSON' : 'has no list Content'}`
    const diagnostic = { code: 'bottlerocket-inventory-unreadable', message, path: file.path, effect: 'blind' } as const
    return { facts: [], diagnostics: [diagnostic] }
  }
  const problems = new RecordProblems('bottlerocket-record-broken', file.path)
  const facts: BottlerocketFact[] = []
  for (const [index, raw] of document.Content.entries()) {
    const entry = Entry.safeParse(raw)
    if (!entry.success) {
      problems.add(`entry ${index + 1} of Content is not a package with name, version and a numeric epoch`)
      continue
    }
    const { Name: name, Version: version, Release: release, Epoch, Architecture, Publisher } = entry.data
    const refused = refuseIdentity(name, version) ?? refuseIdentity(Architecture || 'any', release || '0')
    if (refused !== undefined) {
      problems.add(`entry ${index + 1} of Content, ${quoted(name)}, ${refused}`)
      continue
    }
    const epoch = Epoch?.replace(/^0+/, '')
    facts.push({
      name,
      version,
      release,
      ...(epoch && { epoch }),
      ...(Architecture && { architecture: Architecture }),
      ...(Publisher && { publisher: shownText(Publisher) }),
    })
  }
  return { facts, diagnostics: problems.diagnostics() }
}
