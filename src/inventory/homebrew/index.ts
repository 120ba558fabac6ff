import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const receiptReader: LazyReader<StatedPackage> = {
  id: 'homebrew-receipt',
  version: 1,
  wants: {
    any: [{ name: 'INSTALL_RECEIPT.json', inside: 'Cellar' }],
    maxBytes: 4 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./receipt.ts')).readReceipt,
}

/** A cask's folder says its name and version; these files are what casks have that need no unpacking. */
const caskReader: LazyReader<StatedPackage> = {
  id: 'homebrew-cask',
  version: 1,
  wants: {
    any: [
      { inside: 'Caskroom', suffix: '.wrapper.sh' },
      { inside: 'Caskroom', name: 'source.properties' },
      { inside: 'Caskroom', name: 'Info.plist' },
      { inside: 'Casks', suffix: '.json' },
      { inside: 'Casks', suffix: '.rb' },
    ],
    maxBytes: 4 * 1024 ** 2,
    loss: 'partial',
  },
  load: async () => (await import('./cask.ts')).readCask,
}

/** What Homebrew installed: formulae and casks. */
export const homebrew: LazyCataloger<StatedPackage> = {
  id: 'homebrew',
  summary: 'Homebrew: Cellar receipts of formulae, Caskroom',
  kind: 'library',
  ecosystems: ['brew'],
  yields: 'installed',
  fills: ['direct', 'depends-on'],
  readers: [receiptReader, caskReader],
  load: async () => (await import('./assemble.ts')).assembleHomebrew,
}
