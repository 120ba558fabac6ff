import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { helm } from './index.ts'

const dependency = (name: string, version: string, repository = 'https://charts.example') =>
  `  - name: ${name}\n    repository: ${repository}\n    version: "${version}"\n`

describe('dependencies of a chart', () => {
  it('are those of its lockfile, else the lowest that its ranges allow', async () => {
    const answer = await catalogued(helm, {
      'a/Chart.lock': `dependencies:\n${dependency('redis', '19.0.1')}${dependency('own', '1.0.0', 'file://../own')}digest: sha256:1\n`,
      'a/Chart.yaml': `name: a\ndependencies:\n${dependency('redis', '19.x')}`,
      'b/Chart.yaml': `name: b\ndependencies:\n${dependency('pg', '^12.1', 'oci://r.example/x')}${dependency('any', '*')}`,
      'c/Chart.yaml': 'name: {{ x }}\n',
    })
    expect(answer.diagnostics).toEqual([])
    expect(answer.components.map(({ purl, evidence }) => [purl, evidence[0].confidence, evidence[0].lines])).toEqual([
      ['pkg:helm/redis@19.0.1?repository_url=https:%2F%2Fcharts.example', 1, [2, 4]],
      ['pkg:helm/pg@12.1?repository_url=oci:%2F%2Fr.example%2Fx', 0.3, [3, 5]],
    ])
  })

  it('that are broken are told', async () => {
    const answer = await catalogued(helm, {
      'a/Chart.lock': 'dependencies: [',
      'b/Chart.lock': 'dependencies: [{}, 3]\n',
    })
    expect(answer.diagnostics.map(({ path, effect }) => [path, effect])).toEqual([
      ['a/Chart.lock', 'partial'],
      ['b/Chart.lock', 'partial'],
      ['b/Chart.lock', 'partial'],
    ])
  })
})
