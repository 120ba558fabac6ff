import type { LazyReader, Wants } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { VcpkgFact } from './vcpkg.ts'

function wants(any: Wants['any']): Wants {
  return { any, maxBytes: 64 * 1024 ** 2, loss: 'partial' }
}

const statusReader: LazyReader<VcpkgFact> = {
  id: 'vcpkg-status',
  version: 1,
  wants: wants([
    { name: 'status', inside: 'vcpkg' },
    { prefix: '00', inside: 'vcpkg/updates' },
  ]),
  load: async () => (await import('./vcpkg.ts')).readVcpkgStatus,
}

const billReader: LazyReader<VcpkgFact> = {
  id: 'vcpkg-spdx',
  version: 1,
  wants: wants([{ name: 'vcpkg.spdx.json' }]),
  load: async () => (await import('./vcpkg.ts')).readVcpkgBill,
}

const manifestReader: LazyReader<VcpkgFact> = {
  id: 'vcpkg-manifest',
  version: 1,
  wants: wants([{ name: 'vcpkg.json' }]),
  load: async () => (await import('./vcpkg.ts')).readVcpkgManifest,
}

/** C and C++ packages of vcpkg. */
export const vcpkg: LazyCataloger<VcpkgFact> = {
  id: 'vcpkg',
  summary: 'C and C++ packages of vcpkg: installed ones, vcpkg.json',
  kind: 'library',
  ecosystems: ['vcpkg'],
  yields: 'both',
  fills: ['licences', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [statusReader, billReader, manifestReader],
  load: async () => (await import('./assemble.ts')).assembleVcpkg,
}
