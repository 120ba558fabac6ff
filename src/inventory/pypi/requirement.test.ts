import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRequirement } from './requirement.ts'
import { readRequirements } from './requirements.ts'

describe('a requirement', () => {
  it('is taken as its grammar has it', () => {
    const said = (text: string) => {
      const { name, version, ranged, marker } = parseRequirement(text) ?? { name: undefined }
      return [name, version, ranged, ...(marker === undefined ? [] : [marker])]
    }
    expect(said('a')).toEqual(['a', undefined, true])
    expect(said(' Foo.Bar_x [one, two] == 1!2.0+local ')).toEqual(['Foo.Bar_x', '1!2.0+local', false])
    expect(said('a===2.0-weird')).toEqual(['a', '2.0-weird', false])
    expect(said('zope.interface (>=5,<6) ; extra == "x"')).toEqual(['zope.interface', '5', true, 'extra == "x"'])
    expect(said('a<3,>=2,!=2.5')).toEqual(['a', '2', true])
    expect(said('a ~= 1.4')).toEqual(['a', '1.4', true])
    expect(said('a==1.2.*')).toEqual(['a', '1.2', true])
    expect(said('a<= 1.2')).toEqual(['a', '1.2', true])
    expect(said('a>1')).toEqual(['a', undefined, true])
    expect(said('a @ https://x/a-1.5-py3-none-any.whl#sha256=00')).toEqual(['a', '1.5', false])
    expect(said('a @ git+https://x/a@v1 ; os_name=="nt"')).toEqual(['a', undefined, false])
  })

  it('is none where the text is something else', () => {
    for (const text of [
      '',
      './a',
      'a/b',
      'git+https://x/y',
      'a-',
      '-a',
      'a[b',
      'a (>=1',
      'a 1.0',
      'ä==1',
      'a'.repeat(9000),
    ])
      expect(parseRequirement(text)).toBeUndefined()
  })

  it('of any text is one or none, never an exception', () => {
    const pieces = fc.array(
      fc.constantFrom('a', '-', '.', '[', ']', '(', ')', '==', '>=', '*', ',', ';', '@', ' ', '\t', '1'),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((list) => list.join('')),
        ),
        (text) => {
          const { name, version } = parseRequirement(text) ?? { name: 'a' }
          expect(name).toMatch(/^[A-Za-z0-9]/)
          expect(version).not.toBe('')
        },
      ),
    )
  })

  it('is read in linear time, whatever its line repeats', () => {
    const SIZE = 8100
    const shapes = [
      `a${'-'.repeat(SIZE)}`,
      `a${'-a'.repeat(SIZE / 2)} !`,
      `a${' '.repeat(SIZE)}!`,
      `a[${'['.repeat(SIZE)}`,
      `a==${' '.repeat(SIZE)}x y`,
      `a${'=='.repeat(SIZE / 2)}`,
      `a==1${',=='.repeat(SIZE / 3)}`,
      `a (${' '.repeat(SIZE)}`,
      `a==1 ${'--hash'.repeat(SIZE / 6)}`,
      `a==1 ${'--hash='.repeat(SIZE / 7)}`,
      `a==1${' #\u2028'.repeat(SIZE / 3)}`,
      `a==1${'.*'.repeat(SIZE / 2)}`,
      `a @${' https://'.repeat(SIZE / 9)}`,
    ]
    const lines = Array.from({ length: 1000 }, (_, i) => shapes[i % shapes.length])
    const bytes = Buffer.from(`${lines.join('\n')}\nlast==1\n`)
    const start = performance.now()
    const { facts } = readRequirements({ path: 'requirements.txt', sizeBytes: bytes.length, mode: 0, bytes })
    expect(performance.now() - start).toBeLessThan(2000)
    expect(facts.at(-1)).toMatchObject({ name: 'last', version: '1' })
  })
})
