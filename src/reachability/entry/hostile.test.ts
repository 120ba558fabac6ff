import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { importsOf } from '../node/imports.ts'
import { pythonImportsOf } from '../python/imports.ts'
import { readEntryFile } from './read-file.ts'
import { shellFacts } from './shell.ts'

function read(path: string, text: string): unknown {
  const bytes = Buffer.from(text)
  return readEntryFile({ path, sizeBytes: bytes.length, mode: 0o755, bytes }).facts[0]
}

const MEGABYTE = 1 << 20
const fill = (piece: string): string => piece.repeat(Math.ceil((2 * MEGABYTE) / piece.length))

describe('files that are made to be slow', () => {
  it.each([
    ['main.js', fill('require(`')],
    ['main.js', fill('import ')],
    ['main.js', fill(' ')],
    ['main.js', fill("from 'a")],
    ['main.py', `from x import (\n${fill('a,\n')}`],
    ['main.py', fill('import a\\\n')],
    ['main.py', fill('from x import ((((')],
    ['run.sh', fill('a=$(command -v ')],
    ['run.sh', fill('exec "')],
    ['run.sh', fill('if then else ')],
    ['run.sh', fill('\\\n')],
    ['RECORD', fill('a'.repeat(200))],
    ['package.json', fill('[')],
    ['other', `#!${fill(' ')}`],
  ])('%s of pieces %j is read in the end', (path, text) => {
    const started = performance.now()
    expect(read(path, text)).toBeDefined()
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('bounds what is kept', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => `import 'p${i}'`).join('\n')
    expect(importsOf(many).names.length).toBe(2000)
    expect(importsOf(many).dynamic).toBe(true)
    const python = Array.from({ length: 50_000 }, (_, i) => `import p${i}`).join('\n')
    expect(pythonImportsOf(python).names.length).toBe(2000)
  })
})

it('any text gives an answer', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[$"'`(){}|&;#\\ \na-z.]{0,80}$/))
  fc.assert(
    fc.property(text, fc.constantFrom('a.sh', 'a.py', 'a.js', 'package.json', 'RECORD', 'x'), (words, path) => {
      expect(read(path, words)).toHaveProperty('kind')
    }),
  )
})

describe('what a shell runs last', () => {
  it.each([
    ['exec nginx -g "daemon off;"', ['nginx', '-g', 'daemon off;']],
    ["A=1 B='x y' node 'my app.js' # comment", ['node', 'my app.js']],
    ['cd /app && exec java -jar app.jar', ['java', '-jar', 'app.jar']],
    ['exec a \\\n  --b', ['a', '--b']],
    ['exec "$@"', ['"$@"']],
    ['a | b', undefined],
    ['a > /dev/null', undefined],
    ['exec $UNKNOWN', undefined],
    ['exec $(which a)', undefined],
    ['exec "open', undefined],
    ['fi', undefined],
  ])('%s', (text, words) => {
    expect(shellFacts(text).last).toEqual(words)
  })
})

describe('imports', () => {
  it('of Python', () => {
    const text =
      'import a, b.c as d\nfrom .. import e\nfrom f import (g,  # h\n  i)\nfrom j \\\n  import k\n# import no\n'
    const { names, dynamic } = pythonImportsOf(text)
    expect(names).toEqual(['a', 'b.c', '..', '..e', 'f', 'f.g', 'f.i', 'j', 'j.k'])
    expect(dynamic).toBe(false)
  })

  it('of JavaScript', () => {
    const text =
      "import a, { b } from 'a'\nexport * from \"./c\"\nimport 'd'; const e = require(`e`), f = await import('f')\n"
    expect(importsOf(text)).toEqual({ names: ['a', './c', 'd', 'e', 'f'], dynamic: false })
    for (const computed of ['require(x)', ['import(`a/', '{x}`)'].join('$'), 'createRequire(u)'])
      expect(importsOf(computed).dynamic).toBe(true)
    expect(importsOf('a.require(x)').dynamic).toBe(false)
  })
})
