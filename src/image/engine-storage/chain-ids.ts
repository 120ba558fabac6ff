import { createHash } from 'node:crypto'
import type { Digest } from '../../model/digest.ts'

/** The chain ID of each layer (OCI image-spec, config.md, "Layer ChainID"): what lies unpacked depends on all layers below. */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = []
  for (const diffId of diffIds) {
    const below = chain.at(-1)
    chain.push(
      below === undefined ? diffId : `sha256:${createHash('sha256').update(`${below} ${diffId}`).digest('hex')}`,
    )
  }
  return chain
}
