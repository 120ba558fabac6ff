import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { elfOf } from '../../../test/support/elf-writer.ts'
import { imageOf, type LayerEntry } from '../../../test/support/image-builder.ts'
import { zipped } from '../../../test/support/zip-writer.ts'
import { DEFAULT_LIMITS } from '../../lib/limits.ts'
import type { Component } from '../../model/component.ts'
import type { Finding } from '../../model/finding.ts'
import { inlineRunner, memoryFactStore, readImage } from '../../reading/index.ts'
import { ENTRY_READERS, judgeReachability, REACHABILITY_READERS } from '../index.ts'
import type { StartedWith } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-entry-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Components by name: kind and the path of their record. An OS package owns the files under its name. */
interface Given {
  readonly files: readonly LayerEntry[]
  readonly components: Readonly<
    Record<string, { readonly ecosystem: string; readonly path: string; readonly owns?: readonly string[] }>
  >
  readonly start: Partial<StartedWith>
}

interface Judged {
  readonly state: string
  readonly reason: string | undefined
  readonly path: readonly string[] | undefined
}

async function judged({ files, components, start }: Given, store = memoryFactStore()): Promise<Record<string, Judged>> {
  const read = await readImage(imageOf(folder, [files]), {
    readers: REACHABILITY_READERS,
    runner: inlineRunner([...REACHABILITY_READERS, ...ENTRY_READERS]),
    store,
    limits: DEFAULT_LIMITS,
    signal: new AbortController().signal,
    skipFiles: [],
    skipDirs: [],
    progress: () => {},
  })
  const findings = Object.keys(components).map((name): Finding => ({ ...FINDING, id: name, component: name }))
  const found = await judgeReachability(findings, {
    read,
    inventory: {
      subject: { kind: 'image', name: 'test' },
      layers: [],
      relations: [],
      diagnostics: [],
      components: Object.entries(components).map(([id, { ecosystem, path }]) => componentOf(id, ecosystem, path)),
    },
    affectedCode: new Map(),
    startedWith: { entrypoint: [], command: [], env: [], ...start },
    owners: (paths) =>
      new Map(
        Object.entries(components).flatMap(([owner, { owns = [] }]) =>
          owns.filter((path) => paths.has(path)).map((path) => [path, { owner }] as const),
        ),
      ),
  })
  return Object.fromEntries(
    found.map((one) => [
      one.id,
      { state: one.reachable, reason: one.reachability?.reason, path: one.reachability?.path },
    ]),
  )
}

const FINDING: Finding = {
  id: '',
  kind: 'vulnerability',
  title: '',
  names: [],
  evidence: [],
  severity: { value: 'high', source: 'test' },
  severities: [],
  fixes: [],
  remarks: [],
  exploit: { maturity: 'none-known' },
  reachable: 'unknown',
  confidence: 1,
  disposition: { state: 'open' },
  advisories: [],
  references: [],
}

function componentOf(id: string, ecosystem: string, path: string): Component {
  return {
    id,
    kind: ecosystem.startsWith('Debian') ? 'os' : 'library',
    purl: `pkg:generic/${id}`,
    name: id,
    version: '1',
    ecosystem,
    licences: [],
    hashes: [],
    cpes: [],
    direct: 'unknown',
    scope: 'unknown',
    presence: 'installed',
    evidence: [{ path, confidence: 1 }],
    origin: 'unknown',
  }
}

const LINKER = '/lib64/ld-linux-x86-64.so.2'
const LIBRARIES: readonly LayerEntry[] = [
  { name: 'lib64/ld-linux-x86-64.so.2', text: elfOf({ soname: 'ld-linux-x86-64.so.2', symbols: ['dlopen'] }) },
  { name: 'lib', symlink: 'usr/lib' },
  { name: 'usr/lib/x86_64-linux-gnu/libc.so.6', text: elfOf({ soname: 'libc.so.6', symbols: ['execve', 'dlopen'] }) },
  {
    name: 'usr/lib/x86_64-linux-gnu/libssl.so.3.0',
    text: elfOf({ soname: 'libssl.so.3', needed: ['libcrypto.so.3'] }),
  },
  { name: 'usr/lib/x86_64-linux-gnu/libssl.so.3', symlink: 'libssl.so.3.0' },
  { name: 'usr/lib/x86_64-linux-gnu/libcrypto.so.3', text: elfOf({ needed: ['libssl.so.3', 'libc.so.6'] }) },
  { name: 'usr/lib/x86_64-linux-gnu/libunused.so.1', text: elfOf({}) },
]
const OS = 'Debian:12'
const STATUS = 'var/lib/dpkg/status'
const OWNED = {
  libssl: {
    ecosystem: OS,
    path: STATUS,
    owns: ['usr/lib/x86_64-linux-gnu/libssl.so.3.0', 'usr/lib/x86_64-linux-gnu/libcrypto.so.3'],
  },
  unused: { ecosystem: OS, path: STATUS, owns: ['usr/lib/x86_64-linux-gnu/libunused.so.1'] },
}

function program(more: Parameters<typeof elfOf>[0] = {}): Buffer {
  return elfOf({ interpreter: LINKER, needed: ['libssl.so.3', 'libc.so.6'], ...more })
}

describe('an entry point of machine code', () => {
  it('loads the libraries that it needs, through links and circles, and nothing else', async () => {
    const files = [...LIBRARIES, { name: 'usr/bin/server', text: program(), mode: 0o755 }]
    const found = await judged({ files, components: OWNED, start: { entrypoint: ['server'] } })
    expect(found.libssl).toMatchObject({
      state: 'yes',
      path: ['usr/bin/server', 'usr/lib/x86_64-linux-gnu/libssl.so.3.0'],
    })
    expect(found.unused?.state).toBe('no')
    expect(found.unused?.reason).toContain('usr/bin/server')
  })

  it.each([
    ['loads what it computes', { symbols: ['dlopen'] }, 'dlopen'],
    ['starts programs', { symbols: ['posix_spawnp'] }, 'posix_spawn'],
    ['needs what is not there', { needed: ['libssl.so.3', 'libgone.so.9'] }, 'libgone.so.9'],
  ])('that %s leaves the rest unknown', async (_, more, word) => {
    const files = [...LIBRARIES, { name: 'usr/bin/server', text: program(more), mode: 0o755 }]
    const found = await judged({ files, components: OWNED, start: { command: ['/usr/bin/server', '-d'] } })
    expect(found.libssl?.state).toBe('yes')
    expect(found.unused?.state).toBe('unknown')
    expect(found.unused?.reason).toContain(word)
  })

  it('that is linked statically and is no Go program leaves the rest unknown', async () => {
    const files = [...LIBRARIES, { name: 'usr/bin/server', text: elfOf({ isStatic: true }), mode: 0o755 }]
    const found = await judged({ files, components: OWNED, start: { command: ['server'] } })
    expect(found.unused).toMatchObject({ state: 'unknown', reason: expect.stringContaining('statically') })
  })

  it('looks in $ORIGIN of its RUNPATH, and in LD_LIBRARY_PATH', async () => {
    const files = [
      ...LIBRARIES,
      { name: 'opt/app/bin/server', text: program({ needed: ['libown.so'], runpath: '$ORIGIN/../lib' }), mode: 0o755 },
      { name: 'opt/app/lib/libown.so', text: elfOf({ needed: ['libother.so'] }) },
      { name: 'opt/other/libother.so', text: elfOf({}) },
    ]
    const components = {
      own: { ecosystem: OS, path: STATUS, owns: ['opt/app/lib/libown.so', 'opt/other/libother.so'] },
    }
    const start = { entrypoint: ['bin/server'], workingDir: '/opt/app' }
    expect((await judged({ files, components, start })).own).toMatchObject({
      state: 'yes',
      path: ['opt/app/bin/server', 'opt/app/lib/libown.so'],
    })
    const env = ['LD_LIBRARY_PATH=/opt/other', 'LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libunused.so.1']
    const both = await judged({ files, components: { ...components, ...OWNED }, start: { ...start, env } })
    expect(both.unused?.state).toBe('yes')
    expect(both.libssl?.state).toBe('no')
  })

  it('that is not in the image is nothing to judge by', async () => {
    const found = await judged({ files: LIBRARIES, components: OWNED, start: { entrypoint: ['/gone'] } })
    expect(found.libssl).toMatchObject({ state: 'unknown', reason: undefined })
  })
})

describe('the way from the entry point to the program', () => {
  const server = { name: 'usr/bin/server', text: program(), mode: 0o755 }
  const sh = { name: 'bin/sh', text: program({ needed: ['libc.so.6'] }), mode: 0o755 }
  const script = (text: string): LayerEntry => ({ name: 'entry.sh', text, mode: 0o755 })
  it.each([
    [
      'tini',
      { entrypoint: ['/tini', '-g', '--', 'server'] },
      [{ name: 'tini', text: program({ needed: ['libc.so.6'] }), mode: 0o755 }],
    ],
    ['a shell text', { command: ['/bin/sh', '-c', 'exec server --port "$PORT"'], env: ['PORT=80'] }, []],
    [
      'a script that ends in exec "$@"',
      { entrypoint: ['/entry.sh'], command: ['server'] },
      [script('#!/bin/sh\nset -e\nif [ "$1" = x ]; then\n  shift\nfi\nexec "$@"\n')],
    ],
    ['a script that starts it itself', { entrypoint: ['sh', '/entry.sh'] }, [script('exec server -c "$@"\n')]],
    [
      'env of a shebang',
      { entrypoint: ['/entry.sh'], command: ['server'] },
      [
        script('#!/usr/bin/env sh\nexec "$@"'),
        { name: 'usr/bin/env', text: program({ needed: ['libc.so.6'] }), mode: 0o755 },
      ],
    ],
  ] as const)('leads over %s', async (_, start, more) => {
    const found = await judged({ files: [...LIBRARIES, server, sh, ...more], components: OWNED, start })
    expect(found.libssl?.state).toBe('yes')
    expect(found.libssl?.path?.slice(-2)).toEqual(['usr/bin/server', 'usr/lib/x86_64-linux-gnu/libssl.so.3.0'])
  })

  it.each([
    ['runs others before', '#!/bin/sh\nprepare --now\nexec "$@"', 'yes'],
    ['substitutes', '#!/bin/sh\nexec $(which server)', 'unknown'],
    ['goes in circles', '#!/entry.sh\n', 'unknown'],
    ['is no text', '#!/bin/sh\n\0\0\xff'.repeat(10), 'unknown'],
  ])('leaves open what a script does that %s', async (_, text, state) => {
    const files = [...LIBRARIES, server, sh, script(text)]
    const found = await judged({ files, components: OWNED, start: { entrypoint: ['/entry.sh'], command: ['server'] } })
    expect(found.libssl?.state).toBe(state)
    expect(found.unused?.state).toBe('unknown')
  })
})

describe('an entry point of JavaScript', () => {
  const node = { name: 'usr/local/bin/node', text: program({ symbols: ['dlopen'] }), mode: 0o755 }
  const npm = (path: string) => ({ ecosystem: 'npm', path })
  const components = {
    express: npm('app/node_modules/express/package.json'),
    inner: npm('app/node_modules/express/node_modules/inner/package.json'),
    scoped: npm('app/node_modules/@a/b/package.json'),
    idle: npm('app/node_modules/idle/package.json'),
    bundled: npm('usr/local/lib/node_modules/npm/node_modules/tar/package.json'),
  }
  const packages = Object.values(components).map(({ path }) => ({ name: path, text: '{}' }))
  const base = [...LIBRARIES, node, ...packages]
  const start = { entrypoint: ['node', '--enable-source-maps', 'src/main.js'], workingDir: '/app' }

  it('loads what its own code imports, with the way to it', async () => {
    const files = [
      ...base,
      { name: 'app/src/main.js', text: "import { a } from './routes'\n// require('idle')\nimport '@a/b/deep.js'\n" },
      {
        name: 'app/src/routes/index.js',
        text: "const e = require('express'); require('../main.js'); require('node:fs')",
      },
    ]
    const found = await judged({ files, components, start })
    expect(found.express).toMatchObject({
      state: 'yes',
      path: [
        'usr/local/bin/node',
        'app/src/main.js',
        'app/src/routes/index.js',
        'app/node_modules/express/package.json',
      ],
    })
    expect(found.scoped?.state).toBe('yes')
    expect([found.inner?.state, found.idle?.state]).toEqual(['unknown', 'unknown'])
    expect(found.bundled).toMatchObject({ state: 'no', reason: expect.stringContaining('usr/local/lib/node_modules') })
  })

  it.each([
    ['loads what it computes', 'require(process.argv[2])', {}],
    ['starts programs', "require('child_process').spawn('npm')", {}],
    ['has NODE_PATH', '', { env: ['NODE_PATH=/usr/local/lib/node_modules'] }],
  ])('that %s rules nothing out', async (_, text, more) => {
    const files = [...base, { name: 'app/src/main.js', text }]
    expect((await judged({ files, components, start: { ...start, ...more } })).bundled?.state).toBe('unknown')
  })

  it('is followed through a main of package.json and npm start, and a circle ends', async () => {
    const files = [
      ...base,
      { name: 'usr/local/bin/npm', text: '#!/usr/bin/env node\n', mode: 0o755 },
      { name: 'app/package.json', text: '{"main":"src/main","scripts":{"start":"NODE_ENV=production node ."}}' },
      { name: 'app/src/main.js', text: "import './main.js'; import 'express'" },
    ]
    const found = await judged({ files, components, start: { command: ['npm', 'start'], workingDir: '/app' } })
    expect(found.express?.state).toBe('yes')
    expect(found.bundled?.state).toBe('unknown')
  })
})

describe('an entry point of Python', () => {
  const python = { name: 'usr/local/bin/python3.12', text: program({ symbols: ['dlopen'] }), mode: 0o755 }
  const site = 'usr/local/lib/python3.12/site-packages'
  const pypi = (path: string) => ({ ecosystem: 'PyPI', path })
  const components = {
    yaml: pypi(`${site}/PyYAML-6.0.dist-info/METADATA`),
    idle: pypi(`${site}/idle-1.dist-info/METADATA`),
    system: pypi('usr/lib/python3/dist-packages/system-1.dist-info/METADATA'),
  }
  const base = [
    ...LIBRARIES,
    python,
    { name: 'usr/local/bin/python', symlink: 'python3.12' },
    ...Object.values(components).map(({ path }) => ({ name: path, text: 'Name: x' })),
    { name: `${site}/PyYAML-6.0.dist-info/RECORD`, text: 'yaml/__init__.py,sha256=x,1\n_yaml/__init__.py,,\n' },
    { name: `${site}/idle-1.dist-info/RECORD`, text: 'idle/__init__.py,sha256=x,1\n' },
    { name: `${site}/yaml/__init__.py`, text: 'import idle' },
    { name: `${site}/idle/__init__.py`, text: '' },
  ]

  it('loads what its own modules import, by what packages recorded', async () => {
    const files = [
      ...base,
      { name: 'app/main.py', text: 'from . import nothing\nfrom core.settings import (\n  A,\n  B,\n)\n' },
      { name: 'app/core/__init__.py', text: '' },
      { name: 'app/core/settings.py', text: 'def load():\n    import yaml as y, os\nfrom ..main import x\n' },
    ]
    const found = await judged({
      files,
      components,
      start: { command: ['python', '-u', 'main.py'], workingDir: '/app' },
    })
    expect(found.yaml).toMatchObject({
      state: 'yes',
      path: ['usr/local/bin/python3.12', 'app/main.py', 'app/core/settings.py', `${site}/yaml`],
    })
    expect(found.idle?.state).toBe('unknown')
    expect(found.system).toMatchObject({
      state: 'no',
      reason: expect.stringContaining('usr/lib/python3/dist-packages'),
    })
  })

  it('is found behind a script of a package, and the module that is served', async () => {
    const files = [
      ...base,
      { name: 'usr/local/bin/gunicorn', text: '#!/usr/local/bin/python3.12\nfrom idle import run\n', mode: 0o755 },
      { name: 'app/web/wsgi.py', text: 'import yaml\n' },
    ]
    const start = { entrypoint: ['gunicorn', '-w', '4', 'web.wsgi:app'], workingDir: '/app' }
    const found = await judged({ files, components, start })
    expect([found.yaml?.state, found.idle?.state, found.system?.state]).toEqual(['yes', 'yes', 'no'])
  })

  it.each([
    ['importlib', 'import importlib\nimportlib.import_module(x)', {}],
    ['PYTHONPATH', '', { env: ['PYTHONPATH=/usr/lib/python3/dist-packages'] }],
  ])('with %s rules nothing out', async (_, text, more) => {
    const files = [...base, { name: 'app/main.py', text }]
    const found = await judged({ files, components, start: { command: ['python', '/app/main.py'], ...more } })
    expect(found.system?.state).toBe('unknown')
  })
})

describe('an entry point of Java', () => {
  const java = { name: 'usr/bin/java', text: program({ symbols: ['dlopen'] }), mode: 0o755 }
  const jar = (classPath: string): Buffer =>
    zipped([{ name: 'META-INF/MANIFEST.MF', body: `Manifest-Version: 1.0\r\nClass-Path: ${classPath}\r\n` }])
  const maven = (path: string) => ({ ecosystem: 'Maven', path })

  it('loads the archive, what lies in it, and what its manifest names', async () => {
    const files = [
      ...LIBRARIES,
      java,
      { name: 'app/app.jar', text: jar('lib/a.jar li\r\n b/b.jar http://x/y.jar') },
      { name: 'app/lib/a.jar', text: jar('../app.jar b.jar') },
      { name: 'app/lib/b.jar', text: 'no archive' },
      { name: 'app/lib/c.jar', text: jar('') },
    ]
    const components = {
      nested: maven('app/app.jar!/BOOT-INF/lib/x.jar'),
      a: maven('app/lib/a.jar'),
      b: maven('app/lib/b.jar'),
      c: maven('app/lib/c.jar'),
    }
    const start = { entrypoint: ['java', '-Xmx1g', '-jar', '/app/app.jar', '-jar', 'lib/c.jar'] }
    const found = await judged({ files, components, start })
    expect(found.nested).toMatchObject({ state: 'yes', path: ['usr/bin/java', 'app/app.jar'] })
    expect(found.b?.path).toEqual(['usr/bin/java', 'app/app.jar', 'app/lib/b.jar'])
    expect([found.a?.state, found.c?.state]).toEqual(['yes', 'unknown'])
    const wild = { entrypoint: ['java', '-cp', 'conf:lib/*', 'Main'], workingDir: '/app' }
    expect((await judged({ files, components, start: wild })).c?.state).toBe('yes')
  })
})

it('files that were read once are known without opening a layer again', async () => {
  const store = memoryFactStore()
  const files = [
    ...LIBRARIES,
    { name: 'bin/sh', text: program(), mode: 0o755 },
    { name: 'e.sh', text: '#!/bin/sh\nexec sh', mode: 0o755 },
  ]
  const given = { files, components: OWNED, start: { entrypoint: ['/e.sh'] } }
  const first = await judged(given, store)
  let opened = 0
  const keep = (facts: Parameters<typeof store.store>[0]): boolean => {
    opened++
    return store.store(facts)
  }
  const counting = { ...store, store: keep }
  expect(await judged(given, counting)).toEqual(first)
  expect(opened).toBe(0)
})

it('a program that says it needs twenty thousand libraries costs little', async () => {
  const needed = Array.from({ length: 20_000 }, (_, i) => `lib${i}.so`)
  const files = [{ name: 'server', text: elfOf({ interpreter: LINKER, needed }), mode: 0o755 }]
  const started = performance.now()
  const found = await judged({ files, components: OWNED, start: { entrypoint: ['/server'] } })
  expect(found.libssl?.state).toBe('unknown')
  expect(performance.now() - started).toBeLessThan(5000)
})
