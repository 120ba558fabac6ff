import * as z from 'zod/mini'
import { jsonMembers } from '../json-members.ts'
import type { FeedItem, FeedReader, OpenDocument } from '../types.ts'

const moduleShape = z.object({
  fullname: z.string(),
  type: z.string(),
  disclosure_date: z.nullish(z.string()),
  references: z.nullish(z.array(z.string())),
})

/**
 * Metasploit's modules (`db/modules_metadata_base.json` of https://github.com/rapid7/metasploit-framework): an exploit module is a tool
 * that uses the weakness; a module of another kind (a scanner) shows that it is understood in public.
 */
export const metasploitReader: FeedReader = {
  documents: async () => [{ path: 'db/modules_metadata_base.json', maxBytes: 512 * 1024 ** 2 }],
  read: readModules,
}

async function* readModules({ chunks, input }: OpenDocument): AsyncGenerator<FeedItem> {
  for await (const { key, value } of jsonMembers(chunks, input, { maxMember: 4 * 1024 ** 2 })) {
    const module = moduleShape.safeParse(value).data
    if (module === undefined) {
      yield { wrong: key.slice(0, 200), reason: 'not the form of a module' }
      continue
    }
    const since = /^\d{4}-\d\d-\d\d/.exec(module.disclosure_date ?? '')?.[0]
    for (const reference of new Set(module.references)) {
      if (!/^CVE-\d{4}-\d{4,12}$/.test(reference)) continue
      yield {
        fact: {
          cve: reference,
          exploit: module.type === 'exploit' ? 'weaponised' : 'public',
          reference: `https://www.rapid7.com/db/modules/${encodeURI(module.fullname)}`,
          ...(since === undefined ? {} : { since }),
        },
      }
    }
  }
}
