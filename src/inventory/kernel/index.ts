import type { LazyRandomReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const moduleReader: LazyRandomReader<StatedPackage> = {
  id: 'kernel-module',
  version: 1,
  wants: {
    any: [{ suffix: '.ko' }, { suffix: '.ko.gz' }, { suffix: '.ko.zst' }],
    maxBytes: 1024 ** 3,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  loadRandom: async () => (await import('./module.ts')).readKernelModule,
}

const imageReader: LazyRandomReader<StatedPackage> = {
  id: 'kernel-image',
  version: 1,
  wants: {
    any: [
      { name: 'vmlinuz' },
      { name: 'vmlinux' },
      { name: 'bzImage' },
      { prefix: 'vmlinuz-' },
      { prefix: 'vmlinux-' },
    ],
    maxBytes: 1024 ** 3,
    loss: 'partial',
    digests: ['md5', 'sha1', 'sha256'],
  },
  loadRandom: async () => (await import('./image.ts')).readKernelImage,
}

/** The Linux kernel and its modules. */
export const kernel: LazyCataloger<StatedPackage> = {
  id: 'kernel',
  summary: 'the Linux kernel (vmlinuz, vmlinux) and its modules (.ko, .ko.gz, .ko.zst; not .ko.xz)',
  kind: 'library',
  ecosystems: ['generic'],
  yields: 'installed',
  fills: ['licences', 'supplier', 'cpes'],
  yieldsToOwner: true,
  readers: [moduleReader, imageReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
