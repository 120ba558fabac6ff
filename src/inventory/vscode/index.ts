import type { LazyRandomReader, LazyReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { Extension } from './extension.ts'

const MAX_LIST_BYTES = 16 * 1024 ** 2
const MAX_MANIFEST_BYTES = 4 * 1024 ** 2
const MAX_ARCHIVE_BYTES = 4 * 1024 ** 3

/** Reads the list that an editor keeps of its extensions, in the folder that holds them. */
const extensionListReader: LazyReader<Extension> = {
  id: 'vscode-list',
  version: 1,
  wants: { any: [{ name: 'extensions.json', inside: 'extensions' }], maxBytes: MAX_LIST_BYTES, loss: 'partial' },
  load: async () => (await import('./extension.ts')).readExtensionList,
}

/** Reads the manifest of an installed extension. */
const extensionManifestReader: LazyReader<Extension> = {
  id: 'vscode-manifest',
  version: 1,
  wants: { any: [{ name: 'package.json', inside: 'extensions' }], maxBytes: MAX_MANIFEST_BYTES, loss: 'partial' },
  load: async () => (await import('./extension.ts')).readExtensionManifest,
}

/** Reads the manifest of an extension that is packed. */
const extensionArchiveReader: LazyRandomReader<Extension> = {
  id: 'vscode-archive',
  version: 1,
  wants: { any: [{ suffix: '.vsix' }], maxBytes: MAX_ARCHIVE_BYTES, loss: 'partial' },
  loadRandom: async () => (await import('./archive.ts')).readExtensionArchive,
}

/** Extensions of VS Code and of editors that take the same. */
export const vscode: LazyCataloger<Extension> = {
  id: 'vscode',
  summary: 'VS Code extensions: installed folders, extensions.json, .vsix',
  kind: 'library',
  ecosystems: ['VSCode'],
  yields: 'installed',
  fills: ['licences', 'supplier', 'direct', 'scope'],
  readers: [extensionListReader, extensionManifestReader, extensionArchiveReader],
  load: async () => (await import('./assemble.ts')).assembleExtensions,
}
