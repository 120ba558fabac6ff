import { describe, expect, it } from 'vitest'
import type { Component } from '../model/component.ts'
import { joinDeclared } from './joined.ts'

function component(id: string, path: string, presence: Component['presence'], purl = 'pkg:npm/a@1.0.0'): Component {
  return {
    id,
    kind: 'library',
    purl,
    name: 'a',
    version: '1.0.0',
    ecosystem: 'npm',
    licences: [],
    hashes: [],
    cpes: [],
    direct: presence === 'declared' ? true : 'unknown',
    scope: 'unknown',
    presence,
    evidence: [{ path, confidence: 1 }],
    origin: 'unknown',
  }
}

describe('joinDeclared', () => {
  it('joins what a lockfile names with what lies installed below its folder', () => {
    const { components, relations } = joinDeclared(
      [
        component('lock', 'app/package-lock.json', 'declared'),
        component('other', 'apple/package-lock.json', 'declared'),
        component('there', 'app/node_modules/a/package.json', 'installed'),
        component('deeper', 'app/x/node_modules/a/package.json', 'installed'),
      ],
      [{ from: 'lock', to: 'other', kind: 'depends-on' }],
    )
    expect(components.map(({ id, direct }) => [id, direct])).toEqual([
      ['other', true],
      ['there', true],
      ['deeper', 'unknown'],
    ])
    expect(relations).toEqual([{ from: 'there', to: 'other', kind: 'depends-on' }])
  })

  it('joins what a lockfile at the root names', () => {
    const { components } = joinDeclared(
      [
        component('lock', 'package-lock.json', 'declared'),
        component('there', 'node_modules/a/package.json', 'installed'),
      ],
      [],
    )
    expect(components.map(({ id }) => id)).toEqual(['there'])
  })

  it('is fast with one package in 20,000 projects', () => {
    const folders = Array.from({ length: 20_000 }, (_, at) => `deep/er/and/more/p${at}`)
    const all = folders.flatMap((folder, at) => [
      component(`declared${at}`, `${folder}/package-lock.json`, 'declared'),
      component(`installed${at}`, `${folder}/node_modules/a/package.json`, 'installed'),
    ])
    const start = performance.now()
    const { components } = joinDeclared(all, [])
    expect(performance.now() - start).toBeLessThan(2000)
    expect(components).toHaveLength(20_000)
  })
})
