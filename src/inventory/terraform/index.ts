import type { LazyReader } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

const lockReader: LazyReader<StatedPackage> = {
  id: 'terraform-lockfile',
  version: 1,
  wants: { any: [{ name: '.terraform.lock.hcl' }], maxBytes: 4 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./terraform.ts')).readProviders,
}

const moduleReader: LazyReader<StatedPackage> = {
  id: 'terraform-modules',
  version: 1,
  wants: { any: [{ suffix: '.tf' }, { suffix: '.tofu' }], maxBytes: 4 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./terraform.ts')).readModules,
}

const installedReader: LazyReader<StatedPackage> = {
  id: 'terraform-installed-modules',
  version: 1,
  wants: { any: [{ name: 'modules.json', inside: '.terraform/modules' }], maxBytes: 8 * 1024 ** 2, loss: 'partial' },
  load: async () => (await import('./terraform.ts')).readInstalledModules,
}

/** Providers and modules of Terraform and OpenTofu. */
export const terraform: LazyCataloger<StatedPackage> = {
  id: 'terraform',
  summary: 'Terraform and OpenTofu: providers of .terraform.lock.hcl, modules of *.tf and .terraform/modules',
  kind: 'library',
  ecosystems: ['terraform'],
  yields: 'both',
  fills: ['lines', 'direct'],
  readers: [lockReader, moduleReader, installedReader],
  load: async () => (await import('../stated-packages.ts')).assembleStated,
}
