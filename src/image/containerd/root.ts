import { existsSync } from 'node:fs'
import path from 'node:path'
import { readStored } from '../engine-storage/stored-document.ts'
import type { OpenContext } from '../types.ts'

const CONFIG = '/etc/containerd/config.toml'
const MAX_CONFIG_BYTES = 1024 ** 2
const DEFAULT_ROOT = '/var/lib/containerd'
/** Where Kubernetes distributions keep a containerd of their own: k3s, RKE2, k0s, MicroK8s. */
const OTHER_ROOTS = [
  '/var/lib/rancher/k3s/agent/containerd',
  '/var/lib/rancher/rke2/agent/containerd',
  '/var/lib/k0s/containerd',
  '/var/snap/microk8s/common/var/lib/containerd',
]

/**
 * Folders in which a containerd keeps its data, those that are there: the one that is named, or the one of `/etc/containerd/config.toml`
 * (containerd, docs/man/containerd-config.toml.5.md) or the usual one, those of Kubernetes distributions, and the user's own.
 */
export async function containerdRoots({ engines, environment, explain }: OpenContext): Promise<readonly string[]> {
  if (engines.containerdRoot !== undefined) return [engines.containerdRoot]
  const own = environment.XDG_DATA_HOME || (environment.HOME && path.join(environment.HOME, '.local/share'))
  const roots = [
    (await rootOfConfig(environment.CONTAINERD_CONFIG || CONFIG, explain)) ?? DEFAULT_ROOT,
    ...OTHER_ROOTS,
    ...(own ? [path.join(own, 'containerd')] : []),
  ]
  return [...new Set(roots)].filter((root) => existsSync(root))
}

async function rootOfConfig(file: string, explain: (line: string) => void): Promise<string | undefined> {
  try {
    const bytes = readStored(file, MAX_CONFIG_BYTES)
    const text = new TextDecoder().decode(bytes)
    if (!/^\s*root\s*=/m.test(text)) return undefined
    const { parse } = await import('smol-toml')
    const { root } = parse(text)
    return typeof root === 'string' && root.startsWith('/') ? root : undefined
  } catch (error) {
    explain(
      `containerd: ${file} could not be read, ${DEFAULT_ROOT} is taken: ${(error as Error).message.split('\n')[0]}`,
    )
    return undefined
  }
}
