import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { compileDispatch, MAGIC_BYTES } from '../src/reading/dispatch.ts'
import { loadReaders } from '../src/reading/load-readers.ts'
import { READERS } from '../src/scan/readers.ts'
import { type BenchLine, type Benchmark, interleaved, Unmeasurable } from './benchmark.ts'
import { bulwark, quietScan, scanWords } from './bulwark.ts'
import { debianImage } from './debian-image.ts'

const ROUNDS = 3
const FILES = 200_000
const PACKAGE_FILES = 2_000

type Report = (line: BenchLine) => void

/** What it costs to look for packages of all kinds: in a large folder, a fat jar, a large program, an image. */
export const packages: Benchmark = {
  id: 'packages',
  async run(report) {
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-packages-'))
    try {
      await bulwark(['--version'])
      await largeFolder(scratch, report)
      await fatJar(scratch, report)
      await goBinary(scratch, report)
      await allCatalogers(scratch, report)
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  },
}

/** A source tree whose files are nearly all of no interest, against `find` and reading the package files. */
async function largeFolder(scratch: string, report: Report): Promise<void> {
  const root = join(scratch, 'tree')
  const listing = join(scratch, 'package-files')
  const wanted: string[] = []
  for (let i = 0; i < FILES; i++) {
    const folder = join(root, `d${i % 400}`, `e${Math.floor(i / 400) % 20}`)
    if (i < 8_000) mkdirSync(folder, { recursive: true })
    const isPackage = i % (FILES / PACKAGE_FILES) === 0
    const path = isPackage
      ? join(root, `d${i % 400}`, 'node_modules', `p${i}`, 'package.json')
      : join(folder, `f${i}.txt`)
    if (isPackage) {
      mkdirSync(join(path, '..'), { recursive: true })
      wanted.push(path)
    }
    writeFileSync(path, isPackage ? JSON.stringify({ name: `p${i}`, version: '1.0.0', license: 'MIT' }) : `text ${i}\n`)
  }
  writeFileSync(listing, wanted.join('\0'))
  const words = quietScan(`dir:${root}`, join(scratch, 'tree-cache'))
  const find = () => {
    shell(`find "${root}" -type f -size +0 | wc -l`)
    shell(`xargs -0 cat < "${listing}" | wc -c`)
  }
  find()
  const [scanMs, findMs] = await interleaved(ROUNDS, [() => bulwark(words), find])
  report({ name: 'packages-large-folder', measured: scanMs / findMs, unit: 'x', limit: 2.5, at: 'most' })
  rmSync(root, { recursive: true, force: true })
}

/** 150 jars in one, stored as Spring Boot does, against `unzip -t`. */
async function fatJar(scratch: string, report: Report): Promise<void> {
  if (spawnSync('unzip', ['-v']).status !== 0) throw new Unmeasurable('unzip is not on this machine')
  const { deflateRawSync } = process.getBuiltinModule('node:zlib')
  const inner = Array.from({ length: 150 }, (_, i) => {
    const properties = `groupId=com.example.g${i}\nartifactId=lib-${i}\nversion=1.${i}.0\n`
    const classes = Array.from({ length: 40 }, (_, j) => ({
      name: `com/example/g${i}/C${j}.class`,
      bytes: noise(32 * 1024, i * 40 + j),
    }))
    const entries = [
      { name: `META-INF/maven/com.example.g${i}/lib-${i}/pom.properties`, bytes: Buffer.from(properties) },
      ...classes,
    ]
    const deflated = entries.map(({ name, bytes }) => ({ name, bytes, packed: deflateRawSync(bytes, { level: 1 }) }))
    return { name: `BOOT-INF/lib/lib-${i}-1.${i}.0.jar`, bytes: zip(deflated) }
  })
  const folder = join(scratch, 'jar')
  mkdirSync(folder)
  const jar = join(folder, 'fat.jar')
  writeFileSync(jar, zip(inner))
  const words = quietScan(`dir:${folder}`, join(scratch, 'jar-cache'))
  const [scanMs, unzipMs] = await interleaved(ROUNDS, [() => bulwark(words), () => shell(`unzip -tqq "${jar}"`)])
  report({ name: 'packages-fat-jar', measured: scanMs / unzipMs, unit: 'x', limit: 2, at: 'most' })
  const peak = await bulwark(words, true)
  report({ name: 'packages-fat-jar-memory', measured: peak / 1024 ** 2, unit: 'MB', limit: 250, at: 'most' })
}

interface Packed {
  readonly name: string
  readonly bytes: Uint8Array
  /** Deflated; stored without. */
  readonly packed?: Uint8Array
}

/** A zip archive (APPNOTE.TXT), as small as one can be. */
function zip(entries: readonly Packed[]): Uint8Array {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const { name, bytes, packed } of entries) {
    const body = packed ?? bytes
    const fixed = Buffer.alloc(26)
    fixed.writeUInt16LE(20, 0)
    fixed.writeUInt16LE(packed === undefined ? 0 : 8, 4)
    fixed.writeUInt32LE(crc32(bytes), 10)
    fixed.writeUInt32LE(body.length, 14)
    fixed.writeUInt32LE(bytes.length, 18)
    fixed.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fixed, Buffer.from(name)])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), fixed, tail, Buffer.from(name)]))
    parts.push(local, body)
    offset += local.length + body.length
  }
  const length = directory.reduce((sum, one) => sum + one.length, 0)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, ...directory, Buffer.from('PK\x05\x06'), end])
}

/** Half of it random, so that it deflates as classes do. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed + 1
  for (let i = 0; i < length; i += 2) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** How much of a large Go program is read, when its header says where to look. */
async function goBinary(scratch: string, report: Report): Promise<void> {
  const go = ['go', '/usr/local/go/bin/go'].find((tool) => spawnSync(tool, ['version']).status === 0)
  if (go === undefined) throw new Unmeasurable('go is not on this machine')
  const folder = join(scratch, 'go')
  mkdirSync(folder)
  writeFileSync(join(folder, 'go.mod'), 'module example.test/large\n\ngo 1.20\n')
  writeFileSync(join(folder, 'data'), noise(100 * 1024 ** 2, 7))
  writeFileSync(
    join(folder, 'main.go'),
    'package main\n\nimport _ "embed"\n\n//go:embed data\nvar data string\n\nfunc main() { println(len(data)) }\n',
  )
  const environment = { ...process.env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0', GOTOOLCHAIN: 'local' }
  const built = spawnSync(go, ['build', '-o', 'large', '.'], { cwd: folder, env: environment, encoding: 'utf8' })
  const path = join(folder, 'large')
  if (built.status !== 0 || !existsSync(path)) throw new Unmeasurable(`go could not build: ${built.stderr}`)
  const { size: sizeBytes } = statSync(path)
  const dispatch = compileDispatch(await loadReaders(READERS))
  const file = openSync(path, 'r')
  let read = 0
  const at = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, sizeBytes - offset)))
    read += readSync(file, bytes, 0, bytes.length, offset)
    return bytes
  }
  let facts = 0
  for (const reader of dispatch.byMagic(at(0, MAGIC_BYTES), 0o755, sizeBytes, [])) {
    const seen = { path: 'large', sizeBytes, mode: 0o755 }
    if ('readRandom' in reader) facts += reader.readRandom({ ...seen, at }).facts.length
    else if ('read' in reader) facts += reader.read({ ...seen, bytes: at(0, sizeBytes) }).facts.length
  }
  closeSync(file)
  if (facts === 0) throw new Error('nothing was found in the Go program')
  report({ name: 'packages-go-binary-read', measured: (read / sizeBytes) * 100, unit: '%', limit: 5, at: 'most' })
}

/** All catalogers against those of the operating system, on the large image. */
async function allCatalogers(scratch: string, report: Report): Promise<void> {
  const image = await debianImage(6, 'gzip')
  let caches = 0
  const cold = (...more: string[]) => [...scanWords(image.folder, join(scratch, `image-${++caches}`)), ...more]
  await bulwark(cold())
  const [allMs, systemMs] = await interleaved(5, [() => bulwark(cold()), () => bulwark(cold('--pkg-types', 'os'))])
  report({ name: 'packages-all-catalogers', measured: allMs / systemMs, unit: 'x', limit: 1.3, at: 'most' })
}

function shell(command: string): void {
  const ran = spawnSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (ran.status !== 0) throw new Error(`failed: ${command}`)
}
