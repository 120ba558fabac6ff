import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, asyncProperty, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesKeyring, parseKeyringKey } from './keyring.ts'
import { keyringCredentials, parsePullSecrets, readPullSecrets } from './pull-secret.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const config = (...keys: readonly string[]): string =>
  JSON.stringify({ auths: Object.fromEntries(keys.map((key) => [key, { auth: base64(`${key}:secret`) }])) })
const secret = (text: string, name = 'pull'): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: ${base64(text)}\n`

async function usersFor(text: string, name: string): Promise<readonly string[]> {
  return keyringCredentials(await parsePullSecrets(text, 'secret.yaml'), name).credentials.map((found) =>
    found.kind === 'basic' ? found.username : found.kind,
  )
}

describe('keys of pull secrets', () => {
  it.each([
    ['*.example.com', 'team.example.com/app', true],
    ['*.example.com', 'a.b.example.com/app', false],
    ['*.example.com', 'example.com/app', false],
    ['*.*.example.com', 'a.b.example.com/app', true],
    ['re*.example.com', 'registry.example.com/app', true],
    ['*gist*.example.com', 'registry.example.com/app', true],
    ['*x*.example.com', 'registry.example.com/app', false],
    ['registry.example.com', 'registry.example.com:5000/app', false],
    ['registry.example.com:5000', 'registry.example.com:5000/app', true],
    ['*.example.com:5000', 'registry.example.com:5000/app', true],
    ['https://registry.example.com/v2/', 'registry.example.com/app', true],
    ['http://registry.example.com/v1/', 'registry.example.com/app', true],
    ['registry.example.com/team', 'registry.example.com/team/app', true],
    ['registry.example.com/team', 'registry.example.com/else/app', false],
    ['https://registry.example.com/v1/team', 'registry.example.com/team/app', true],
    ['registry.example.com', 'registry.example.org/app', false],
    ['*', 'localhost/app', true],
  ])('%s for %s: %s', (key, name, expected) => {
    expect(matchesKeyring(parseKeyringKey(key), name)).toBe(expected)
  })

  it('with many stars are compared in time', () => {
    const key = parseKeyringKey(`${'*a'.repeat(5000)}b`)
    expect(matchesKeyring(key, `${'a'.repeat(20_000)}/app`)).toBe(false)
  })
})

describe('pull secrets', () => {
  it.each([
    ['a manifest', secret(config('registry.example'))],
    ['several documents', `${secret(config('other.example'))}---\n${secret(config('registry.example'))}`],
    ['JSON', JSON.stringify({ kind: 'Secret', data: { '.dockerconfigjson': base64(config('registry.example')) } })],
    ['stringData', `kind: Secret\nstringData:\n  .dockerconfigjson: '${config('registry.example')}'\n`],
    ['the file by itself', config('registry.example')],
    ['the old form by itself', JSON.stringify({ 'registry.example': { auth: base64('registry.example:x') } })],
    [
      'the old form in a manifest',
      `kind: Secret\ntype: kubernetes.io/dockercfg\ndata:\n  .dockercfg: ${base64(JSON.stringify({ 'registry.example': { username: 'registry.example', password: 'x' } }))}\n`,
    ],
    [
      'a list',
      JSON.stringify({
        kind: 'List',
        items: [{ kind: 'Secret', data: { '.dockerconfigjson': base64(config('registry.example')) } }],
      }),
    ],
  ])('are read from %s', async (_, text) => {
    expect(await usersFor(text, 'registry.example/team/app')).toEqual(['registry.example'])
  })

  it('give the most specific entry first, and all that match', async () => {
    const text = config('registry.example', 'registry.example/team', '*.example', 'else.example')
    expect(await usersFor(text, 'registry.example/team/app')).toEqual([
      'registry.example/team',
      'registry.example',
      '*.example',
    ])
  })

  it('serve Docker Hub under its old name when no other key does', async () => {
    const auths = { 'https://index.docker.io/v1/': { username: 'hub', password: 'x' } }
    expect(await usersFor(JSON.stringify({ auths }), 'docker.io/library/alpine')).toEqual(['hub'])
  })

  it.each([
    ['kind: ConfigMap\ndata: {}', /kind "ConfigMap" is no Secret/],
    ['kind: Secret\ntype: Opaque\ndata:\n  password: eA==', /type "Opaque" holds no credentials/],
    ['kind: Secret\ndata:\n  .dockerconfigjson: "!!"', /\.dockerconfigjson of a secret: it is/],
    [`kind: Secret\ndata:\n  .dockerconfigjson: ${base64('{}')}`, /has no "auths"/],
    ['a: [1, 2', /neither JSON nor YAML/],
    ['just text', /is no object/],
    [`${'['.repeat(20_000)}`, /neither JSON nor YAML/],
    [
      'a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c]\n',
      /./,
    ],
  ])('that are none (%#) are said to be', async (text, problem) => {
    const ring = await parsePullSecrets(text, 'secret.yaml')
    expect(ring.entries).toEqual([])
    expect(ring.problems.join('\n')).toMatch(problem)
    expect(ring.problems.join('\n')).toContain('secret.yaml')
  })

  it('answer for any text', async () => {
    await assert(
      asyncProperty(string(), async (text) => Array.isArray((await parsePullSecrets(text, 'x')).entries)),
      { numRuns: 50 },
    )
  })

  it('are refused by name when they hold nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bulwark-secret-'))
    try {
      const path = join(folder, 'secret.yaml')
      const refused = { code: 'pull-secret', kind: 'usage', input: path }
      await expect(readPullSecrets([path])).rejects.toMatchObject({ ...refused, message: 'there is no such file' })
      writeFileSync(path, 'kind: Secret\ntype: Opaque\n')
      await expect(readPullSecrets([path])).rejects.toMatchObject(refused)
      await expect(readPullSecrets([folder])).rejects.toMatchObject({ ...refused, input: folder })
      writeFileSync(path, secret(config('registry.example', 'registry.example/team')))
      const { entries } = await readPullSecrets([path])
      expect(entries.map(({ key }) => key.text)).toEqual(['registry.example/team', 'registry.example'])
      expect(entries[0].from).toBe(`${path} (secret "pull")`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
