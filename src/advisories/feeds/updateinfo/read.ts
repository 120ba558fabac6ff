import type { OpenDocument } from '../types.ts'
import { childOf, childrenOf, type XmlElement, xmlElements } from '../xml-elements.ts'

/** One update of a repository's `updateinfo.xml`. */
export interface Update {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly severity: string
  /** ISO times, where the repository states them in a form that is one. */
  readonly issued?: string
  readonly updated?: string
  readonly references: readonly { readonly type: string; readonly id: string; readonly url: string }[]
  readonly packages: readonly UpdatedPackage[]
}

export interface UpdatedPackage {
  readonly name: string
  /** `epoch:version-release`, the epoch only where it is not 0. */
  readonly evr: string
  readonly architecture: string
}

/**
 * The updates of an `updateinfo.xml` as createrepo writes it (https://github.com/rpm-software-management/libsolv/blob/master/ext/repo_updateinfoxml.c
 * names its elements), one after another. Throws `Failure` that names the document for what is none.
 */
export async function* readUpdates({ chunks, input }: Pick<OpenDocument, 'chunks' | 'input'>): AsyncGenerator<Update> {
  for await (const element of xmlElements(chunks, input, { root: ['updates'], wanted: new Set(['update']) })) {
    const text = (name: string) => childOf(element, name)?.text ?? ''
    const [issued, updated] = [dateOf(childOf(element, 'issued')), dateOf(childOf(element, 'updated'))]
    const references = childOf(element, 'references')
    const list = childOf(element, 'pkglist')
    yield {
      id: text('id'),
      title: text('title'),
      description: text('description'),
      severity: text('severity'),
      ...(issued === undefined ? {} : { issued }),
      ...(updated === undefined ? {} : { updated }),
      references: (references === undefined ? [] : childrenOf(references, 'reference')).map(({ attributes }) => ({
        type: attributes.get('type') ?? '',
        id: attributes.get('id') ?? '',
        url: attributes.get('href') ?? '',
      })),
      packages: (list?.children ?? []).flatMap((collection) => childrenOf(collection, 'package')).map(packageOf),
    }
  }
}

/** `2023-03-07 00:29`, `2023-03-07T00:29:00Z`: UTC where nothing else is said. */
function dateOf(element: XmlElement | undefined): string | undefined {
  const date = element?.attributes.get('date') ?? ''
  const time = Date.parse(/^\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?$/.test(date) ? `${date.replace(' ', 'T')}Z` : date)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

function packageOf({ attributes }: XmlElement): UpdatedPackage {
  const epoch = attributes.get('epoch') ?? '0'
  const evr = `${attributes.get('version') ?? ''}-${attributes.get('release') ?? ''}`
  return {
    name: attributes.get('name') ?? '',
    evr: /^[1-9]\d*$/.test(epoch) ? `${epoch}:${evr}` : evr,
    architecture: attributes.get('arch') ?? '',
  }
}
