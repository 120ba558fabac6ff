import { describe, expect, it } from 'vitest'
import { reachedScopes } from './reached-scopes.ts'

describe('reachedScopes', () => {
  it('follows needs through circles, running before developing', () => {
    const packages = [
      { key: 'a', needs: ['b'] },
      { key: 'b', needs: ['a', 'c'] },
      { key: 'c' },
      { key: 'd', needs: ['c', 'e', 'd'] },
      { key: 'e', needs: ['missing'] },
      { key: 'f' },
      {},
    ]
    expect(reachedScopes(packages, { runtime: ['a'], development: ['d', 'a'] })).toEqual([
      'runtime',
      'runtime',
      'runtime',
      'development',
      'development',
      undefined,
      undefined,
    ])
  })

  it('follows a chain of 100,000 packages without a stack', () => {
    const packages = Array.from({ length: 100_000 }, (_, at) => ({ key: `${at}`, needs: [`${at + 1}`] }))
    const scopes = reachedScopes(packages, { runtime: [], development: ['0'] })
    expect(new Set(scopes)).toEqual(new Set(['development']))
  })
})
