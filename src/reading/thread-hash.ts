import { createHash, type Hash } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import type { HashElsewhere } from '../image/index.ts'

/** What goes to the thread that hashes: the algorithm first, then pieces, in the end the wish for the digest. */
type Wish =
  | { readonly kind: 'begin'; readonly algorithm: 'sha256' | 'sha512' }
  | { readonly kind: 'update'; readonly chunk: Uint8Array }
  | { readonly kind: 'digest' }

/** Hashes in this thread what comes over `port`. Each piece and the wish for the digest are answered, in order. */
export function serveHash(port: MessagePort): void {
  let hash: Hash | undefined
  port.on('message', (wish: Wish) => {
    if (wish.kind === 'begin') hash = createHash(wish.algorithm)
    else if (wish.kind === 'update') {
      hash?.update(wish.chunk)
      port.postMessage('')
    } else port.postMessage(hash?.digest('hex'))
  })
}

/** A hash that the thread behind `port` computes (see {@link serveHash}). Pieces lie in memory that both threads share. */
export function hashOver(port: MessagePort): HashElsewhere {
  const waiting: ((answer: string) => void)[] = []
  port.on('message', (answer: string) => waiting.shift()?.(answer))
  const ask = (wish: Wish): Promise<string> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port.postMessage(wish)
    })
  return {
    begin: (algorithm) => port.postMessage({ kind: 'begin', algorithm } satisfies Wish),
    async update(chunk) {
      await ask({ kind: 'update', chunk })
    },
    digest: () => ask({ kind: 'digest' }),
  }
}
