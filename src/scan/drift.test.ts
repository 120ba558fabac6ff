import { describe, expect, it } from 'vitest'
import type { ContainerChange } from '../image/index.ts'
import type { Component } from '../model/component.ts'
import type { Inventory } from '../model/inventory.ts'
import { driftFindings } from './drift.ts'

function component(
  name: string,
  version: string,
  kind: 'os' | 'library' = 'os',
  path = 'lib/apk/db/installed',
): Component {
  return {
    ...{ id: `${name}@${version}`, kind, purl: `pkg:x/${name}@${version}`, name, version, ecosystem: 'npm' },
    ...{
      licences: [],
      hashes: [],
      cpes: [],
      direct: 'unknown',
      scope: 'runtime',
      presence: 'installed',
      origin: 'unknown',
    },
    evidence: [{ path, confidence: 1 }],
  }
}

const inventory = (components: readonly Component[]): Inventory => ({
  ...{ subject: { kind: 'container', name: 'c' }, layers: [{ index: 0, diffId: 'sha256:own' }] },
  ...{ components, relations: [], diagnostics: [] },
})

function titles(
  before: readonly Component[],
  after: readonly Component[],
  changes: readonly ContainerChange[],
  owners: Readonly<Record<string, string>> = {},
): readonly string[] {
  const claims = new Map(Object.entries(owners).map(([path, owner]) => [path, { owner }]))
  const input = { image: inventory(before), now: inventory(after), changes, owners: { image: claims, now: claims } }
  return driftFindings(input).map(({ title, severity }) => `${severity.value}: ${title}`)
}

const app = component('app', '1')
const changed = (path: string, more: Partial<ContainerChange> = {}): ContainerChange => ({
  path,
  kind: 'changed',
  mode: 0o644,
  ...more,
})

describe('drift', () => {
  it('tells an upgrade with its files as one finding', () => {
    const owners = { 'usr/bin/app': 'app@2', 'usr/lib/app.so': 'app@2' }
    const changes = [
      changed('usr/bin/app', { executable: 'binary' }),
      changed('usr/lib/app.so', { executable: 'binary' }),
    ]
    expect(titles([app], [component('app', '2')], changes, owners)).toEqual(['medium: package changed: app 1 is now 2'])
  })

  it('tells special bits even of packages that are findings themselves', () => {
    const change = changed('usr/bin/app', { kind: 'added', executable: 'binary', gained: 'setuid' })
    expect(titles([], [app], [change], { 'usr/bin/app': 'app@1' })).toEqual([
      'medium: package added: app 1',
      'high: setuid gained: /usr/bin/app',
    ])
  })

  it('tells libraries by where they lie, with the files in their folder', () => {
    const at = (folder: string): string => `${folder}/node_modules/x/package.json`
    const before = [component('x', '1', 'library', at('a'))]
    const after = [...before, component('x', '1', 'library', at('b'))]
    const added = changed('b/node_modules/x/cli.js', { kind: 'added', executable: 'script' })
    expect(titles(before, after, [added])).toEqual(['medium: package added: x 1'])
  })

  it('leaves out what is written all the time, unless it is a program', () => {
    const changes = [
      changed('var/log/app.log'),
      changed('var/cache/x'),
      changed('tmp/evil', { kind: 'added', executable: 'script' }),
      changed('srv/page.html'),
      changed('etc/app.conf'),
    ]
    expect(titles([app], [app], changes, { 'etc/app.conf': 'app@1' })).toEqual([
      'high: script added: /tmp/evil',
      'low: file changed: /srv/page.html',
      'medium: file changed: /etc/app.conf',
    ])
  })

  it('has ids that do not depend on the container', () => {
    const of = (): string[] =>
      driftFindings({
        ...{ image: inventory([]), now: inventory([]), changes: [changed('x')] },
        owners: { image: new Map(), now: new Map() },
      }).map(({ id }) => id)
    expect(of()).toEqual(of())
  })
})
