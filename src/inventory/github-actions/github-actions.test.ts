import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { githubActions } from './index.ts'

const commit = '8e5e7e5ab8b370d6c329ec480221332ada57f0ab'

async function used(path: string, text: string) {
  const { components, diagnostics } = await catalogued(githubActions, { [path]: text })
  return { used: components.map(({ purl, name, evidence }) => [purl, name, evidence[0].lines?.[0]]), diagnostics }
}

describe('GitHub workflows', () => {
  it('use actions and workflows of repositories, known by tag where a comment says it', async () => {
    const text = `jobs:\n  a:\n    steps:\n      - uses: Actions/Checkout@v4\n      - uses: a/b/sub/folder@${commit} # v1.2.3\n      - uses: c/d@${commit} # see below\n      - uses: ./local\n      - uses: docker://alpine:3\n  b:\n    uses: o/r/.github/workflows/x.yml@main\n`
    expect((await used('.github/workflows/ci.yaml', text)).used).toEqual([
      ['pkg:github/actions/checkout@v4', 'Actions/Checkout', 4],
      [`pkg:github/a/b@v1.2.3?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fa%2Fb%40${commit}`, 'a/b', 5],
      [`pkg:github/c/d@${commit}`, 'c/d', 6],
      ['pkg:github/o/r@main', 'o/r', 10],
    ])
  })

  it('of installed npm packages are run by nobody here', async () => {
    const text = 'jobs: { a: { steps: [{ uses: a/b@v1 }] } }'
    const nobody = { used: [], diagnostics: [] }
    expect(await used('app/node_modules/x/.github/workflows/ci.yml', text)).toEqual(nobody)
    expect(await used('node_modules/x/action.yml', 'runs: [')).toEqual(nobody)
    expect((await used('my_node_modules/x/.github/workflows/ci.yml', text)).used).toHaveLength(1)
  })

  it('and composite actions, and tell what is broken', async () => {
    expect((await used('x/action.yml', 'runs:\n  using: composite\n  steps:\n    - uses: a/b@v1\n')).used).toHaveLength(
      1,
    )
    expect((await used('x/action.yml', 'runs: 3\njobs: [[]]\n')).used).toEqual([])
    const broken = await used('.github/workflows/ci.yml', 'jobs: [')
    expect(broken.diagnostics).toMatchObject([{ path: '.github/workflows/ci.yml', effect: 'partial' }])
  })
})
