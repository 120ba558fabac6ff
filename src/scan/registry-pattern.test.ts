import { describe, expect, it } from 'vitest'
import { listMatching } from './registry-pattern.ts'

const REPOSITORIES: Readonly<Record<string, readonly string[]>> = {
  'team/app': ['latest', '1.0', '1.1', '2.0'],
  'team/web': ['1.0'],
  'team/deep/tool': ['latest'],
  other: ['latest'],
}

async function listed(pattern: string): Promise<string[]> {
  const found: string[] = []
  const lists = {
    repositories: async () => Object.keys(REPOSITORIES),
    tags: async (_domain: string, path: string) => REPOSITORIES[path] ?? [],
  }
  for await (const reference of listMatching(pattern, lists))
    found.push(reference.replace('registry:r.example:5000/', ''))
  return found
}

describe('a pattern of images', () => {
  it.each([
    ['team/*', ['team/app:latest']],
    ['team/**', ['team/app:latest', 'team/deep/tool:latest']],
    ['team/*:1.*', ['team/app:1.0', 'team/app:1.1', 'team/web:1.0']],
    ['team/w*:*', ['team/web:1.0']],
    ['team/app:*', ['team/app:latest', 'team/app:1.0', 'team/app:1.1', 'team/app:2.0']],
    ['*:3', ['other:3']],
    ['**/t*l', ['team/deep/tool:latest']],
    ['nobody/*', []],
  ])('%s', async (pattern, expected) => {
    expect(await listed(`r.example:5000/${pattern}`)).toEqual(expected)
  })

  it.each([
    'team/*',
    '*.example/x',
    'r.example/*@sha256:aa',
    'r.example/',
    `r.example/${'*a'.repeat(20)}`,
    'r.example/a*:',
  ])('is refused: %s', async (pattern) => {
    await expect(listed(pattern)).rejects.toMatchObject({ code: 'pattern-invalid', kind: 'usage' })
  })

  it('takes no time for names that are made to be slow', async () => {
    const lists = {
      repositories: async () => ['a'.repeat(20_000), 'a'.repeat(500)],
      tags: async () => ['latest'],
    }
    const found: string[] = []
    for await (const one of listMatching(`r.example/${'a*'.repeat(15)}b`, lists)) found.push(one)
    expect(found).toEqual([])
  })
})
