import type { LazyReader, Wants } from '../../reading/index.ts'
import type { StatedPackage } from '../stated-packages.ts'
import type { LazyCataloger } from '../types.ts'

function wants(any: Wants['any']): Wants {
  return { any, maxBytes: 64 * 1024 ** 2, loss: 'partial' }
}

const mixLockReader: LazyReader<StatedPackage> = {
  id: 'mix-lock',
  version: 1,
  wants: wants([{ name: 'mix.lock' }]),
  load: async () => (await import('./lockfile.ts')).readMixLock,
}

const mixProjectReader: LazyReader<StatedPackage> = {
  id: 'mix-project',
  version: 1,
  wants: wants([{ name: 'mix.exs' }]),
  load: async () => (await import('./mix-project.ts')).readMixProject,
}

const rebarLockReader: LazyReader<StatedPackage> = {
  id: 'rebar-lock',
  version: 1,
  wants: wants([{ name: 'rebar.lock' }]),
  load: async () => (await import('./rebar-lock.ts')).readRebarLock,
}

const applicationReader: LazyReader<StatedPackage> = {
  id: 'otp-application',
  version: 1,
  wants: { ...wants([{ suffix: '.app', inside: 'ebin' }]), digests: ['md5', 'sha1', 'sha256'] },
  load: async () => (await import('./application.ts')).readApplication,
}

/** Elixir and Erlang packages. */
export const hex: LazyCataloger<StatedPackage> = {
  id: 'hex',
  summary:
    'Elixir and Erlang packages: mix.lock, rebar.lock, mix.exs where nothing is locked, installed applications of OTP',
  kind: 'library',
  ecosystems: ['Hex', 'otp'],
  yields: 'both',
  fills: ['hashes', 'lines', 'direct', 'scope', 'depends-on'],
  readers: [mixLockReader, rebarLockReader, mixProjectReader, applicationReader],
  load: async () => (await import('./assemble.ts')).assembleHex,
}
