import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { asObject, type JsonObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { RecordProblems } from '../record-problems.ts'
import { refuseIdentity } from '../recorded-text.ts'

/** An extension, by its manifest or by the editor's list. */
export interface Extension {
  readonly publisher: string
  readonly name: string
  readonly version: string
  /** As the marketplace tells builds of one version apart: `linux-x64`. */
  readonly platform?: string
  readonly supplier?: string
  readonly licence?: string
  /** In a list: the folder that holds it, beside the list. */
  readonly folder?: string
  /** In an archive: its manifest there. */
  readonly inside?: string
}

const MAX_EXTENSIONS = 10_000

/** The extensions of an `extensions.json` that an editor keeps of those that are installed: a list of identifiers with versions. */
export function readExtensionList(file: FileBytes): ReadResult<Extension> {
  const list = listIn(file.bytes)
  if (list === undefined) {
    const message = 'a list of extensions of VS Code could not be read: it is no list in JSON'
    const code = 'vscode-extensions-unreadable'
    return { facts: [], diagnostics: [{ code, message, path: file.path, effect: 'partial' }] }
  }
  const problems = new RecordProblems('vscode-extension-refused', file.path)
  const facts = list.slice(0, MAX_EXTENSIONS).flatMap((item, index) => {
    const entry = asObject(item) ?? {}
    const id = textMember(asObject(member(entry, 'identifier')) ?? {}, 'id') ?? ''
    const dot = id.indexOf('.')
    const version = textMember(entry, 'version') ?? ''
    const problem = dot <= 0 ? 'has no identifier' : refuseIdentity(id, version)
    if (problem !== undefined) {
      problems.add(`extension ${index + 1} of the list ${problem}`)
      return []
    }
    const metadata = asObject(member(entry, 'metadata')) ?? {}
    const folder = textMember(entry, 'relativeLocation')
    const platform = textMember(metadata, 'targetPlatform')
    const supplier = textMember(metadata, 'publisherDisplayName')
    const extension: Extension = {
      publisher: id.slice(0, dot),
      name: id.slice(dot + 1),
      version,
      ...platformOf(platform),
      ...(supplier && { supplier }),
      ...(folder && folder.length <= 512 && { folder }),
    }
    return [extension]
  })
  return { facts, diagnostics: problems.diagnostics() }
}

function listIn(bytes: Uint8Array): readonly unknown[] | undefined {
  // Behind a key, so that what nests too deep is refused by the bounds that hold for objects.
  const parsed = parseJsonObject(Buffer.from(`{"list":${decodeText(bytes)}}`))
  const list = 'problem' in parsed ? undefined : member(parsed.object, 'list')
  return Array.isArray(list) ? list : undefined
}

function platformOf(platform: string | undefined): { readonly platform?: string } {
  return platform && /^[a-z0-9-]{1,40}$/.test(platform) && !/^(?:undefined|universal|unknown)$/.test(platform)
    ? { platform }
    : {}
}

/**
 * The extension that a `package.json` is the manifest of (https://code.visualstudio.com/api/references/extension-manifest): one with a
 * publisher and the versions of VS Code that it runs in. Any other has no facts, and what is wrong with it is npm's to say.
 */
export function readExtensionManifest(file: FileBytes): ReadResult<Extension> {
  const parsed = parseJsonObject(file.bytes)
  const extension = 'problem' in parsed ? undefined : extensionIn(parsed.object)
  return { facts: extension === undefined ? [] : [extension], diagnostics: [] }
}

function extensionIn(object: JsonObject): Extension | undefined {
  const engines = asObject(member(object, 'engines')) ?? {}
  const publisher = textMember(object, 'publisher') ?? ''
  const name = textMember(object, 'name') ?? ''
  const version = textMember(object, 'version') ?? ''
  if (member(engines, 'vscode') === undefined || !/^[^\s./]+$/.test(publisher)) return undefined
  if (refuseIdentity(name, version) !== undefined) return undefined
  const metadata = asObject(member(object, '__metadata')) ?? {}
  const licence = textMember(object, 'license')
  const platform = platformOf(textMember(metadata, 'targetPlatform'))
  return { publisher, name, version, supplier: publisher, ...platform, ...(licence && { licence }) }
}
