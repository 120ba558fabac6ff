import type { Shard, ShardManifest } from './manifest.ts'

/** Every shard of a manifest. */
export function allShards(manifest: ShardManifest): readonly Shard[] {
  return [manifest.exploitation, ...manifest.ecosystems.flatMap((one) => one.shards)]
}
