import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { markOpaque, markWhiteout } from '../../../test/support/overlay-marks.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import { encodePath } from '../../lib/path-text.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import { passLayer } from '../layer/pass-layer.ts'
import type { TarHandler } from '../types.ts'
import { parseAttributes } from './opaque-folders.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'bulwark-overlay-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

interface Seen {
  readonly names: string[]
  readonly bodies: Record<string, string>
  readonly problems: Diagnostic[]
}

/** Passes over the folder; bodies of files whose name holds `wanted` are read, `most` bytes of each. */
async function pass(most = Number.POSITIVE_INFINITY): Promise<Seen & { readonly incomplete: boolean }> {
  const seen: Seen = { names: [], bodies: Object.create(null), problems: [] }
  let current = ''
  const handler: TarHandler = {
    entry(entry) {
      current = entry.name
      seen.names.push(`${entry.name} ${entry.type} ${entry.mode.toString(8)} ${entry.linkName}`.trim())
      return entry.name.includes('wanted')
    },
    body: (chunk) => {
      seen.bodies[current] = `${seen.bodies[current] ?? ''}${Buffer.from(chunk)}`
    },
    end: () => {
      seen.bodies[current] ??= ''
    },
    more: () => (seen.bodies[current] ?? '').length < most,
    problem: (problem) => seen.problems.push(problem),
  }
  const options = { name: 'layer 1', expect: {}, limits: DEFAULT_LIMITS, signal: new AbortController().signal }
  const { incomplete = false } = await passLayer({ at: 'folder', root }, handler, options)
  return { ...seen, incomplete }
}

describe('an upper folder of overlayfs', () => {
  it('is handed over as its archive would be', async (ctx) => {
    mkdirSync(path.join(root, 'etc'))
    mkdirSync(path.join(root, 'srv/inner'), { recursive: true })
    writeFileSync(path.join(root, 'etc/wanted'), 'text', { mode: 0o640 })
    writeFileSync(path.join(root, 'etc/wanted-empty'), '')
    writeFileSync(path.join(root, 'etc/passed'), 'x', { mode: 0o644 })
    symlinkSync('/etc/passwd', path.join(root, 'etc/wanted-link'))
    const missing = markWhiteout(path.join(root, 'srv/gone')) ?? markOpaque(path.join(root, 'srv/inner'))
    if (missing !== undefined) return ctx.skip(missing)
    const seen = await pass()
    expect(seen.problems).toEqual([])
    expect(seen.incomplete).toBe(false)
    expect(seen.names).toEqual([
      'srv/inner/.wh..wh..opq file 644',
      'etc/ directory 755',
      'srv/ directory 755',
      'etc/passed file 644',
      'etc/wanted file 640',
      'etc/wanted-empty file 644',
      'etc/wanted-link symlink 777 /etc/passwd',
      'srv/.wh.gone file 644',
      'srv/inner/ directory 755',
    ])
    expect(seen.bodies).toMatchObject({ 'etc/wanted': 'text', 'etc/wanted-empty': '' })
  })

  it('is read no farther than is wanted', async () => {
    writeFileSync(path.join(root, 'wanted'), 'y'.repeat(1_000_000))
    expect((await pass(10)).bodies.wanted?.length).toBeLessThan(300_000)
  })

  it('that is not there is an error that names the layer', async () => {
    rmSync(root, { recursive: true })
    await expect(pass()).rejects.toMatchObject({ code: 'layer-unreadable', input: 'layer 1' })
  })

  it('says so when its marks cannot be seen', async () => {
    const before = process.env.PATH
    process.env.PATH = root
    try {
      const { problems, incomplete } = await pass()
      expect(incomplete).toBe(true)
      expect(problems).toMatchObject([{ code: 'overlay-marks-unseen', effect: 'partial' }])
    } finally {
      process.env.PATH = before
    }
  })
})

describe('marks of deleted folders', () => {
  const NAMES = ['plain', 'with space', 'line\nbreak', 'back\\slash', 'r\u00e9', `${'long/'.repeat(60)}end`, 'f\udce9']

  it.for(['getfattr', 'tar'])('are seen by %s, whatever the folders are called', async (program, ctx) => {
    const programs = mkdtempSync(path.join(tmpdir(), 'bulwark-programs-'))
    const before = process.env.PATH
    try {
      for (const name of NAMES) {
        const folder = Buffer.concat([Buffer.from(`${root}/`), encodePath(name)])
        mkdirSync(folder, { recursive: true })
        const missing = markOpaque(folder)
        if (missing !== undefined) return ctx.skip(missing)
      }
      mkdirSync(path.join(root, 'unmarked'))
      const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim()
      if (found === '') return ctx.skip(`there is no ${program}`)
      symlinkSync(found, path.join(programs, program))
      process.env.PATH = programs
      const { names, problems } = await pass()
      expect(problems).toEqual([])
      const marks = names.filter((name) => name.includes('.wh..wh..opq'))
      expect(marks).toEqual(NAMES.map((name) => `${name}/.wh..wh..opq file 644`).sort())
    } finally {
      process.env.PATH = before
      rmSync(programs, { recursive: true })
    }
  })
})

describe('what getfattr prints', () => {
  it.each([
    ['', [], false],
    ['# file: /r/srv\ntrusted.overlay.opaque="y"\n\n', ['srv'], false],
    [
      '# file: /r\nuser.overlay.opaque="y"\n\n# file: /r/a\\012b\\134c\ntrusted.overlay.opaque="y"\n',
      ['', 'a\nb\\c'],
      false,
    ],
    ['# file: /rest/srv\ntrusted.overlay.opaque="y"\n', [], false],
    ['# file: /r/a\ntrusted.overlay.opaque="n"\ntrusted.overlay.redirect="/b"\n', [], true],
  ])('%j', (text, folders, moved) => {
    expect(parseAttributes(Buffer.from(text), '/r')).toEqual({ folders, moved })
  })

  it('keeps names that are not UTF-8', () => {
    const output = Buffer.from('# file: /r/f\xe9\ntrusted.overlay.opaque="y"\n', 'latin1')
    expect(parseAttributes(output, '/r').folders).toEqual(['f\udce9'])
  })
})
