import { resolve } from 'node:path'
import type { NetworkSettings } from '../image/index.ts'
import { Failure } from '../lib/failure.ts'
import type { SettingsOf } from './flag.ts'
import { NETWORK_FLAGS } from './network-flags.ts'
import type { World } from './world.ts'

const { username, password, passwordStdin, registryToken, pullSecret, insecureRegistry, allowAddress } = NETWORK_FLAGS

/** The flags that say who asks a registry, and how it may be spoken to. */
export const REGISTRY_FLAGS = {
  username,
  password,
  passwordStdin,
  registryToken,
  pullSecret,
  insecureRegistry,
  allowAddress,
} as const

type RegistrySettings = SettingsOf<typeof REGISTRY_FLAGS>

/** Bytes of a password on standard input. */
const MOST_PASSWORD_BYTES = 64 * 1024

/** How registries are reached. @throws Failure of kind usage for two passwords, or one without a user. */
export async function registryAccess(
  settings: RegistrySettings,
  world: World,
): Promise<Omit<NetworkSettings, 'offline' | 'wholeLayers'>> {
  const { username, registryToken, passwordStdin } = settings
  const refuse = (message: string): Failure => new Failure('usage', message, { kind: 'usage' })
  if (passwordStdin && settings.password !== undefined) throw refuse('takes either --password or --password-stdin')
  // Only the line end that a shell adds is taken away: a password may end in a space.
  const password = passwordStdin
    ? (await world.readStdin(MOST_PASSWORD_BYTES)).replace(/\r?\n$/, '')
    : settings.password
  if (password !== undefined && username === undefined) throw refuse('a password needs --username')
  if (username !== undefined && password === undefined) throw refuse('--username needs --password-stdin')
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(registryToken === undefined ? {} : { registryToken }),
    allowAddresses: settings.allowAddress,
    insecureRegistries: settings.insecureRegistry,
    pullSecrets: settings.pullSecret.map((path) => resolve(world.cwd, path)),
  }
}
