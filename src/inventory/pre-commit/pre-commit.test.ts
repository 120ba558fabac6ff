import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { preCommit } from './index.ts'

describe('pre-commit', () => {
  it('names the repositories of hooks with revision and lines', async () => {
    const text =
      'repos:\n  - repo: https://github.com/Psf/black\n    rev: 24.4.2\n    hooks: []\n  - repo: local\n  - repo: git@gitlab.com:a/b.git\n    rev: v1\n'
    const { components, diagnostics } = await catalogued(preCommit, { '.pre-commit-config.yaml': text })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl, name, evidence }) => [purl, name, evidence[0].lines?.[0]])).toEqual([
      ['pkg:github/psf/black@24.4.2', 'Psf/black', 2],
      ['pkg:generic/b@v1?vcs_url=git%2Bhttps:%2F%2Fgitlab.com%2Fa%2Fb%40v1', 'gitlab.com/a/b', 6],
    ])
  })

  it('that is broken or names no revision is told', async () => {
    const answer = await catalogued(preCommit, {
      'a/.pre-commit-config.yaml': 'repos: [',
      'b/.pre-commit-config.yaml': 'repos:\n- repo: https://github.com/a/b\n',
    })
    expect(answer.components).toEqual([])
    expect(answer.diagnostics.map(({ path }) => path)).toEqual([
      'a/.pre-commit-config.yaml',
      'b/.pre-commit-config.yaml',
    ])
  })
})
