import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeAdvisories } from './advisories.ts'
import { type Benchmark, interleaved, Unmeasurable } from './benchmark.ts'
import { bulwark, scanWords } from './bulwark.ts'
import { type WrittenImage, writeImage } from './oci-layout.ts'

/** A Debian root of about 600 MB and 60,000 files: compilers, interpreters, and packages of many small files. */
const SUITE = 'bookworm'
const PACKAGES = ['build-essential', 'git', 'python3-pip', 'libboost1.74-dev', 'golang-1.19-src', 'linux-headers-amd64']

/** The largest files are left out until no more than this is left: small files are what costs a scanner. */
const UNPACKED_BYTES = 610 * 1024 ** 2

const ADVISORIES = 5_000
const ROUNDS = 5

/** A cold scan reads every byte: it is held against what unpacking or hashing the same bytes costs. */
export const scan: Benchmark = {
  id: 'scan',
  async run(report) {
    const folder = process.env.BULWARK_BENCH_CACHE || join(tmpdir(), 'bulwark-bench')
    const images = await prepared(folder)
    const scratch = mkdtempSync(join(tmpdir(), 'bulwark-scan-'))
    try {
      const advisories = join(scratch, 'advisories.db')
      writeAdvisories(advisories, ADVISORIES)
      let caches = 0
      const cold = (image: WrittenImage) => scanWords(image.folder, join(scratch, `cache-${++caches}`), advisories)
      await bulwark(['--version'])
      for (const [name, image, limit] of [
        ['one-gzip-layer', images.one, 0.7],
        ['six-gzip-layers', images.six, 0.55],
      ] as const) {
        // Once beforehand, so that no run waits for the disk.
        each('gzip', ['-dc'], image)
        const [scanMs, gzipMs] = await interleaved(ROUNDS, [
          () => bulwark(cold(image)),
          () => each('gzip', ['-dc'], image),
        ])
        report({ name: `scan-${name}`, measured: scanMs / gzipMs, unit: 'x', limit, at: 'most' })
        const peak = await bulwark(cold(image), true)
        report({ name: `scan-${name}-memory`, measured: peak / 1024 ** 2, unit: 'MB', limit: 300, at: 'most' })
      }
      for (const [name, image] of [
        ['one-plain-layer', images.onePlain],
        ['six-plain-layers', images.sixPlain],
      ] as const) {
        each('sha256sum', [], image)
        const [scanMs, sumMs] = await interleaved(ROUNDS, [
          () => bulwark(cold(image)),
          () => each('sha256sum', [], image),
        ])
        report({ name: `scan-${name}`, measured: scanMs / sumMs, unit: 'x', limit: 0.4, at: 'most' })
      }
      const known = scanWords(images.six.folder, join(scratch, 'known'))
      await bulwark(known)
      const empty = () => spawnSync(process.execPath, ['-e', '0'])
      const [emptyMs, knownMs] = await interleaved(11, [empty, () => bulwark(known)])
      report({ name: 'scan-known-six-layers', measured: knownMs / emptyMs, unit: 'x', limit: 4, at: 'most' })
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  },
}

/** Runs a tool on each layer, one after the other. */
function each(tool: string, words: readonly string[], image: WrittenImage): void {
  for (const layer of image.layers) {
    const run = spawnSync(tool, [...words, '--', layer], { stdio: ['ignore', 'ignore', 'inherit'] })
    if (run.status !== 0) throw new Error(`${tool} failed on ${layer}`)
  }
}

interface Images {
  readonly one: WrittenImage
  readonly six: WrittenImage
  readonly onePlain: WrittenImage
  readonly sixPlain: WrittenImage
}

/** The images, made once and kept in `folder`. */
async function prepared(folder: string): Promise<Images> {
  const made = join(folder, 'images')
  if (!existsSync(made)) {
    const root = debianRoot(folder)
    const scratch = mkdtempSync(join(folder, 'images.new-'))
    const one = tarsOf(root, scratch, 1)
    const six = tarsOf(root, scratch, 6)
    await writeImage(join(scratch, 'one'), one, 'gzip')
    await writeImage(join(scratch, 'six'), six, 'gzip')
    await writeImage(join(scratch, 'one-plain'), one, 'plain')
    await writeImage(join(scratch, 'six-plain'), six, 'plain')
    for (const tar of [...one, ...six]) rmSync(tar)
    renameSync(scratch, made)
  }
  const image = (name: string): WrittenImage => {
    const blobs = join(made, name, 'blobs/sha256')
    const layers = readdirSync(blobs).map((blob) => join(blobs, blob))
    return { folder: join(made, name), layers: layers.filter((path) => lstatSync(path).size > 1024 ** 2) }
  }
  return { one: image('one'), six: image('six'), onePlain: image('one-plain'), sixPlain: image('six-plain') }
}

function debianRoot(folder: string): string {
  const root = join(folder, 'root')
  if (existsSync(root)) return root
  if (spawnSync('debootstrap', ['--version']).error) throw new Unmeasurable('debootstrap is not installed')
  if (process.getuid?.() !== 0) throw new Unmeasurable('debootstrap needs root')
  mkdirSync(folder, { recursive: true })
  const scratch = join(folder, 'root.new')
  rmSync(scratch, { recursive: true, force: true })
  const run = spawnSync('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, scratch], {
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
  })
  if (run.status !== 0) throw new Error(`debootstrap failed: ${run.stdout.trim().split('\n').slice(-3).join('; ')}`)
  rmSync(join(scratch, 'var/cache/apt/archives'), { recursive: true, force: true })
  renameSync(scratch, root)
  return root
}

/** The tree as `count` tar files of about the same size, in the order of its paths. */
function tarsOf(root: string, into: string, count: number): string[] {
  const found = spawnSync('find', ['.', '-mindepth', '1', '-xdev', '-printf', '%s %P\\0'], {
    cwd: root,
    maxBuffer: 1024 ** 3,
  })
  // As latin1, so that a name's bytes stay what they are.
  const all = found.stdout
    .toString('latin1')
    .split('\0')
    .slice(0, -1)
    .map((line) => ({
      path: Buffer.from(line.slice(line.indexOf(' ') + 1), 'latin1'),
      size: Number.parseInt(line, 10) + 512,
    }))
  const excess = all.reduce((sum, file) => sum + file.size, 0) - UNPACKED_BYTES
  const leftOut = new Set<object>()
  let saved = 0
  for (const file of all.toSorted((a, b) => b.size - a.size)) {
    if (saved >= excess) break
    leftOut.add(file)
    saved += file.size
  }
  const kept = all.filter((file) => !leftOut.has(file))
  const paths = kept.map((file) => file.path)
  const sizes = kept.map((file) => file.size)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const lists: Buffer[][] = Array.from({ length: count }, () => [])
  let before = 0
  for (const [index, path] of paths.entries()) {
    lists[Math.min(count - 1, Math.floor((before / total) * count))].push(path, Buffer.from([0]))
    before += sizes[index]
  }
  return lists.map((list, index) => {
    const names = join(into, 'names')
    writeFileSync(names, Buffer.concat(list))
    const tar = join(into, `${count}-${index}.tar`)
    const run = spawnSync('tar', ['-C', root, '--null', '--no-recursion', '-cf', tar, '-T', names], {
      stdio: 'inherit',
    })
    if (run.status !== 0) throw new Error(`tar failed on ${root}`)
    rmSync(names)
    return tar
  })
}
