import { describe, expect, it } from 'vitest'
import { decodeText, linesOf } from './text.ts'
import { parseToml, tableLines } from './toml.ts'
import { childrenOf, childText, parseXml } from './xml.ts'
import { parseYaml, parseYamlDocument } from './yaml.ts'

const bytes = (text: string) => Buffer.from(text)

describe('text', () => {
  it('is UTF-8 or UTF-16, without the mark', () => {
    expect(decodeText(bytes('\ufeffä'))).toBe('ä')
    expect(decodeText(Buffer.from('\ufeffä', 'utf16le'))).toBe('ä')
    expect(decodeText(Buffer.from('\ufeffä', 'utf16le').swap16())).toBe('ä')
    expect(linesOf('a\r\nb\nc\rd')).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('TOML', () => {
  it('gives the table, and the lines of each of its tables', () => {
    const text =
      '[[package]]\nname = "a"\n\n[package.source]\ngit = "x"\n\n[[package]]\nname = """\n[[package]]\n"""\n\n[other]\nx = 1\n'
    expect(parseToml(bytes(text))).toMatchObject({ object: { package: [{ name: 'a' }, { name: '[[package]]\n' }] } })
    expect(tableLines(bytes(text), 'package')).toEqual([
      [1, 5],
      [7, 10],
    ])
  })

  it('refuses what is broken, deep, or would change what objects inherit', () => {
    expect(parseToml(bytes('a = \n'))).toEqual({ problem: 'it is not valid TOML (line 1)' })
    expect(parseToml(bytes(`a = ${'['.repeat(100_000)}`))).toHaveProperty('problem')
    parseToml(bytes('[__proto__]\npolluted = 1\n'))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('YAML', () => {
  it('gives documents with the lines of each entry', () => {
    const parsed = parseYaml(bytes('a:\n  b: 1\n  c:\n    - x\n    - y: 2\nd: 3\n---\ne: 4\n'))
    if ('problem' in parsed) throw new Error(parsed.problem)
    const [first, second] = parsed.documents
    expect(first.value).toEqual({ a: { b: 1, c: ['x', { y: 2 }] }, d: 3 })
    expect(first.lines(['a'])).toEqual([1, 5])
    expect(first.lines(['a', 'c', 1])).toEqual([5, 5])
    expect(first.lines(['a', 'z'])).toBeUndefined()
    expect(second.lines(['e'])).toEqual([8, 8])
  })

  it('keeps scalars as written where that is asked', () => {
    const document = parseYamlDocument(bytes('version: 1.10\n'), { asText: true })
    expect(document).toMatchObject({ value: { version: '1.10' } })
  })

  it('refuses bombs, depth, and what is broken', () => {
    const lists = Array.from(
      { length: 12 },
      (_, i) =>
        `l${i}: &l${i} [${Array(9)
          .fill(i ? `*l${i - 1}` : 'x')
          .join(',')}]`,
    )
    expect(parseYaml(bytes(lists.join('\n')))).toEqual({ problem: 'its aliases multiply beyond measure' })
    expect(parseYaml(bytes('['.repeat(100_000)))).toHaveProperty('problem')
    expect(parseYaml(bytes('- '.repeat(100_000)))).toHaveProperty('problem')
    expect(parseYaml(bytes(Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')))).toHaveProperty(
      'problem',
    )
    expect(parseYaml(bytes('a: [1\nb: 2'))).toHaveProperty('problem')
    parseYaml(bytes('__proto__:\n  polluted: 1\n'))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('XML', () => {
  it('gives elements with text, attributes and lines', () => {
    const parsed = parseXml(
      bytes('<?xml version="1.0"?>\n<p:a x="1">\n <b>t<!-- c --><![CDATA[<]]></b>\n <b/>\n</p:a>\n'),
    )
    if ('problem' in parsed) throw new Error(parsed.problem)
    expect(parsed.root).toMatchObject({ name: 'a', lines: [2, 5] })
    expect(parsed.root.attributes.get('x')).toBe('1')
    expect(childText(parsed.root, 'b')).toBe('t<')
    expect(childrenOf(parsed.root, 'b')).toHaveLength(2)
  })

  it('refuses entities of its own, depth, and what is broken', () => {
    expect(parseXml(bytes('<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'))).toEqual({
      problem: 'it is not valid XML (line 1)',
    })
    expect(parseXml(bytes('<a>'.repeat(10_000)))).toEqual({ problem: 'it nests deeper than 256 levels' })
    expect(parseXml(bytes('<a>\n<b></a>'))).toEqual({ problem: 'it is not valid XML (line 2)' })
    expect(parseXml(bytes(''))).toHaveProperty('problem')
  })
})
