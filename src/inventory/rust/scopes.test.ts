import { expect, it } from 'vitest'
import { lockedScopes } from './scopes.ts'

const crate = (name: string, dependsOn: readonly number[], direct?: boolean) => ({
  name,
  version: '1.0.0',
  dependsOn,
  ...(direct !== undefined && { direct }),
})

it('what only tests and builds of the project need is for development', () => {
  const locked = [
    crate('app', [1, 2]),
    crate('used', [3], true),
    crate('tried', [3, 4], true),
    crate('both', [], false),
    crate('only', [2], false),
  ]
  const manifest = {
    kind: 'manifest' as const,
    crates: [
      crate('app', [1, 2]),
      { ...crate('used', [], true), scope: 'runtime' as const },
      { ...crate('tried', [], true), scope: 'development' as const },
    ],
  }
  expect(lockedScopes(locked, [manifest])).toEqual(['runtime', 'runtime', 'development', 'runtime', 'development'])
  expect(lockedScopes(locked, [])).toBeUndefined()
})
