import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { maven } from './index.ts'

/** A placeholder as project files write it. */
const placeholder = (name: string) => `$\{${name}}`

const dependency = (text: string, more = '') => {
  const [group, artifact, version] = text.split(':')
  const said = version === undefined ? '' : `<version>${version}</version>`
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>${said}${more}</dependency>`
}
const project = (text: string, body: string) => {
  const [group, artifact, version] = text.split(':')
  return `<project><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${body}</project>`
}
const dependencies = (...list: string[]) => `<dependencies>${list.join('')}</dependencies>`
const managed = (...list: string[]) => `<dependencyManagement>${dependencies(...list)}</dependencyManagement>`

async function found(files: Readonly<Record<string, string>>) {
  const { components } = await catalogued(maven, files)
  return components.map(({ name, version, direct, scope }) => `${name} ${version} ${direct ? 'direct' : ''} ${scope}`)
}

describe('pom.xml', () => {
  it('with properties, a parent in the tree and its management', async () => {
    const files = {
      'pom.xml': project(
        'g:root:1',
        `<packaging>pom</packaging><properties><v>9</v><w>\${v}.1</w></properties>${managed(dependency(`a:a:${placeholder('w')}`))}${dependencies(dependency('b:b:1'))}`,
      ),
      'mod/pom.xml': `<project><parent><groupId>g</groupId><artifactId>root</artifactId><version>1</version></parent><artifactId>mod</artifactId>
        <properties><v>10</v></properties>${dependencies(dependency('a:a'), dependency(`g:sib:${placeholder('project.version')}`))}</project>`,
    }
    const answer = await catalogued(maven, files)
    expect(answer.components.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'a:a 10.1',
      'g:sib 1',
      'b:b 1',
      'b:b 1',
    ])
    expect(answer.components[0].evidence[0]).toMatchObject({ path: 'mod/pom.xml', lines: [2, 2] })
    expect(answer.components[2].evidence[0].path).toBe('pom.xml')
  })

  it('with BOMs and transitive ones from a local repository', async () => {
    const repository = 'home/.m2/repository'
    const answer = await found({
      'app/pom.xml': project(
        'g:app:1',
        managed(dependency('g:bom:1', '<type>pom</type><scope>import</scope>')) +
          dependencies(dependency('a:a'), dependency('t:t:1', '<scope>test</scope>')),
      ),
      [`${repository}/g/bom/1/bom-1.pom`]: project('g:bom:1', managed(dependency('a:a:2'), dependency('c:c:3'))),
      [`${repository}/a/a/2/a-2.pom`]: project(
        'a:a:2',
        dependencies(
          dependency('c:c:1'),
          dependency('d:d:1', '<scope>test</scope>'),
          dependency('e:e:1', '<optional>true</optional>'),
          dependency(
            'f:f:1',
            '<exclusions><exclusion><groupId>h</groupId><artifactId>*</artifactId></exclusion></exclusions>',
          ),
        ),
      ),
      [`${repository}/f/f/1/f-1.pom`]: project('f:f:1', dependencies(dependency('h:h:1'), dependency('i:i:1'))),
    })
    expect(answer).toEqual([
      'a:a 2 direct runtime',
      't:t 1 direct development',
      'c:c 3  runtime',
      'f:f 1  runtime',
      'i:i 1  runtime',
    ])
  })

  it('ranges count at their lowest; what has no version is told', async () => {
    const { components, diagnostics } = await catalogued(maven, {
      'pom.xml': project(
        'g:a:1',
        dependencies(
          dependency('a:a:[1.0,2.0)'),
          dependency('b:b:[1.5]'),
          dependency('c:c'),
          dependency(`d:d:${placeholder('no')}`),
          dependency('e:e:LATEST'),
        ),
      ),
    })
    expect(components.map(({ name, version, evidence }) => [name, version, evidence[0].confidence])).toEqual([
      ['a:a', '1.0', 0.3],
      ['b:b', '1.5', 1],
    ])
    expect(diagnostics.map(({ code, path }) => [code, path])).toEqual(
      Array(3).fill(['maven-version-unknown', 'pom.xml']),
    )
  })

  it('circles of parents, imports, dependencies and properties end', async () => {
    const parent = (text: string) => {
      const [group, artifact, version] = text.split(':')
      return `<parent><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version><relativePath/></parent>`
    }
    const self = dependency('g:a:1', '<type>pom</type><scope>import</scope>')
    const answer = await found({
      'a/pom.xml': project('g:a:1', `${parent('g:b:1')}${managed(self)}${dependencies(dependency('g:b:1'))}`),
      'b/pom.xml': project(
        'g:b:1',
        `${parent('g:a:1')}<properties><x>\${y}</x><y>\${x}</y><z>\${z}\${z}</z></properties>${managed(self)}${dependencies(dependency('g:a:1'), dependency(`q:q:${placeholder('x')}`), dependency(`r:r:${placeholder('z')}`))}`,
      ),
    })
    expect([...new Set(answer)].sort()).toEqual(['g:a 1 direct runtime', 'g:b 1 direct runtime'])
  })

  it('what is broken, deep, or not a project is told', async () => {
    const { diagnostics } = await catalogued(maven, {
      'a/pom.xml': '<project><dependencies>',
      'b/pom.xml': '<html></html>',
      'c/pom.xml': '<a>'.repeat(5000),
      'd/pom.xml': '<!DOCTYPE p [<!ENTITY x "y">]><project><version>&x;</version></project>',
      'e/pom.xml': '',
    })
    expect(diagnostics.map(({ path, effect }) => `${path} ${effect}`)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((folder) => `${folder}/pom.xml partial`),
    )
  })
})
