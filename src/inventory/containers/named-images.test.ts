// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how variables of a Compose file are written
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { namedImages } from './named-images.ts'

async function images(files: Record<string, string>) {
  const { components, diagnostics } = await catalogued(namedImages, files)
  return {
    found: components.map(({ name, version, evidence }) => [name, version, evidence[0]?.lines?.[0]]),
    told: diagnostics.map(({ path, effect }) => [path, effect]),
  }
}

describe('images by name', () => {
  it('of a Compose file are those that it does not build, with what it says for want of variables', async () => {
    const text =
      'services:\n  web:\n    image: nginx:1.27\n  own:\n    build: .\n    image: own:1\n  db:\n    image: ghcr.io/a/db:${TAG:-16}\n  no:\n    image: ${IMAGE}\n'
    expect(await images({ 'docker-compose.yml': text })).toEqual({
      found: [
        ['nginx', '1.27', 3],
        ['ghcr.io/a/db', '16', 8],
      ],
      told: [['docker-compose.yml', 'notice']],
    })
  })

  it('of Kubernetes objects are those of all containers, in every document and in lists', async () => {
    const pod = (image: string) =>
      `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      image: ${image}\n`
    const deployment =
      'apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      initContainers: [{ image: "busybox" }]\n      containers:\n      - image: "redis:7"\n'
    const answer = await images({ 'a.yaml': `${pod('nginx:1')}---\n${deployment}`, 'b.yml': 'image: no\nkind: x\n' })
    expect(answer).toEqual({
      found: [
        ['nginx', '1', 6],
        ['busybox', 'latest', 13],
        ['redis', '7', 15],
      ],
      told: [],
    })
  })

  it('of templates are not guessed, and what is broken is told', async () => {
    const template = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: "{{ .Values.image }}"\n'
    const answer = await images({
      'a.yaml': template,
      'b.yaml': `{{- if .Values.x }}\n${template}{{ end }}`,
      'c.yaml': 'apiVersion: v1\nkind: Pod\nspec: [containers\nimage: x\n',
      'd.yaml': ': not [yaml',
      'compose.yaml': ': [',
    })
    expect(answer).toEqual({
      found: [],
      told: [
        ['c.yaml', 'partial'],
        ['compose.yaml', 'partial'],
      ],
    })
  })
})
