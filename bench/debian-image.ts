import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Unmeasurable } from './benchmark.ts'
import { type WrittenImage, writeImage } from './oci-layout.ts'

/** A Debian root of about 600 MB and 60,000 files: compilers, interpreters, and packages of many small files. */
const SUITE = 'bookworm'
const PACKAGES = ['build-essential', 'git', 'python3-pip', 'libboost1.74-dev', 'golang-1.19-src', 'linux-headers-amd64']

/** The largest files are left out until no more than this is left: small files are what costs a scanner. */
const UNPACKED_BYTES = 610 * 1024 ** 2

/** The image of a Debian root in so many layers of about the same size, made once and kept (`BULWARK_BENCH_CACHE`). */
export async function debianImage(layers: number, encoding: 'gzip' | 'plain'): Promise<WrittenImage> {
  const folder = process.env.BULWARK_BENCH_CACHE || join(tmpdir(), 'bulwark-bench')
  const made = join(folder, `image-${layers}-${encoding}`)
  if (!existsSync(made)) {
    const root = debianRoot(folder)
    const scratch = mkdtempSync(join(folder, 'image.new-'))
    const tars = tarsOf(root, scratch, layers)
    await writeImage(scratch, tars, encoding)
    for (const tar of tars) rmSync(tar)
    renameSync(scratch, made)
  }
  const blobs = join(made, 'blobs/sha256')
  const files = readdirSync(blobs).map((blob) => join(blobs, blob))
  return { folder: made, layers: files.filter((path) => lstatSync(path).size > 1024 ** 2) }
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
