import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkFloors, floorProblems, sourceFiles } from './floors.ts'

const root = join(import.meta.dirname, '..')

/** A small house of its own with the real rules, so that breaking one harms nobody. */
function house(files: Readonly<Record<string, string>>): string {
  const copy = mkdtempSync(join(tmpdir(), 'bulwark-floors-'))
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(join(root, file), join(copy, file))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(copy, path, '..'), { recursive: true })
    writeFileSync(join(copy, path), text)
  }
  return copy
}

const SOUND = {
  'src/model/noun.ts': 'export interface Noun { readonly name: string }\n',
  'src/lib/count.ts': 'export const one = 1\n',
  'src/image/index.ts': "export { tar } from './tar.ts'\n",
  'src/image/tar.ts': "import { one } from '../lib/count.ts'\nexport const tar = one\n",
  'src/scan/index.ts': "import { tar } from '../image/index.ts'\nexport const scan = tar\n",
}

const BROKEN: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
  [
    'imports from a floor above',
    { 'src/image/up.ts': "import { scan } from '../scan/index.ts'\nexport const up = scan\n" },
    /^floor-1-image: /,
  ],
  [
    'imports from a floor above for a type only',
    { 'src/image/up.ts': "import type { scan } from '../scan/index.ts'\nexport type Up = typeof scan\n" },
    /^floor-1-image: /,
  ],
  [
    'knows a neighbour on its floor',
    {
      'src/versions/index.ts': 'export const v = 1\n',
      'src/image/v.ts': "import { v } from '../versions/index.ts'\nexport const w = v\n",
    },
    /^floor-1-image: /,
  ],
  [
    'enters a domain beside its door',
    { 'src/scan/in.ts': "import { tar } from '../image/tar.ts'\nexport const x = tar\n" },
    /^one-door: /,
  ],
  [
    'goes round in a circle',
    {
      'src/lib/a.ts': "import { b } from './b.ts'\nexport const a = () => b\n",
      'src/lib/b.ts': "import { a } from './a.ts'\nexport const b = () => a\n",
    },
    /^no-cycles: /,
  ],
  [
    'imports what is not there',
    { 'src/lib/a.ts': "import { b } from './gone.ts'\nexport const a = b\n" },
    /^no-unresolved: /,
  ],
  [
    'stands on no floor',
    {
      'src/attic/a.ts': 'export const a = 1\n',
      'src/scan/x.ts': "import { a } from '../attic/index.ts'\nexport const b = a\n",
      'src/attic/index.ts': 'export const a = 1\n',
    },
    /^unlisted-domain: /,
  ],
  [
    'lets nouns know anything',
    { 'src/model/a.ts': "import { one } from '../lib/count.ts'\nexport const a = one\n" },
    /^lib-below-model-is-shared: /,
  ],
]

describe('the floors', () => {
  const made: string[] = []
  let sound = ''
  beforeAll(() => {
    sound = house(SOUND)
    made.push(sound)
  })
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true })
  })

  it('finds nothing in a sound house, and has seen all of it', () => {
    const result = checkFloors(sound)
    expect(floorProblems(result)).toEqual([])
    expect(result).toMatchObject({ seen: Object.keys(SOUND).length, files: Object.keys(SOUND).length })
  })

  it.each(BROKEN)('reports a file that %s', (_, files, violation) => {
    const copy = house({ ...SOUND, ...files })
    made.push(copy)
    expect(floorProblems(checkFloors(copy))).toContainEqual(expect.stringMatching(violation))
  })

  it('fails when it saw fewer modules than there are source files', () => {
    const result = checkFloors(sound, ['--exclude', 'src/image/'])
    expect(result.seen).toBeLessThan(result.files)
    expect(floorProblems(result)[0]).toMatch(/saw \d of 5 source files/)
  })

  it('counts the source files of this very project', () => {
    expect(sourceFiles(root).length).toBeGreaterThan(20)
    expect(sourceFiles(root)).toContain('src/lib/failure.ts')
  })
})
