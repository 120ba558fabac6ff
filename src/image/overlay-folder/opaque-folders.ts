import { Buffer } from 'node:buffer'
import type { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import process from 'node:process'
import { Failure } from '../../lib/failure.ts'
import type { Limits } from '../../lib/limits.ts'
import { decodePath, encodePath } from '../../lib/path-text.ts'
import { type TreeEntry, walkTree } from '../tree/walk.ts'
import { ArchivedAttributes } from './archived-attributes.ts'

/** Folders below a root that hide what older layers have in them, as paths from there; `unseen` says why some may be missing. */
export interface OpaqueFolders {
  readonly folders: readonly string[]
  readonly unseen?: string
}

/** Linux, Documentation/filesystems/overlayfs.rst: `trusted.` for root's mounts, `user.` with `userxattr`; fuse-overlayfs has its own. */
const KINDS = ['trusted.overlay', 'user.overlay', 'user.fuseoverlayfs']
const ATTRIBUTES = `^(${KINDS.join('|').replaceAll('.', '\\.')})\\.(opaque|redirect|metacopy)$`
/** What is kept of `getfattr`, and what goes by of an archive of folders. */
const MAX_OUTPUT_BYTES = 256 * 1024 ** 2
const MAX_ARCHIVE_BYTES = 16 * 1024 ** 3
const ALL_USERS = '4294967295'
const CAP_SYS_ADMIN = 21n

/**
 * Asks `getfattr` (package attr), and where that is not there GNU tar, since Node reads no extended attributes. Never rejects but for
 * `signal`: where the attributes cannot be seen, or say that files are kept elsewhere, `unseen` says so.
 */
export async function opaqueFolders(
  folder: string,
  options: { readonly limits: Limits; readonly signal: AbortSignal },
): Promise<OpaqueFolders> {
  const root = folder.replace(/(?<=.)\/+$/, '')
  const asked = (await askGetfattr(root, options.signal)) ?? (await askTar(root, options))
  const other = asked.moved ? 'overlayfs keeps a part of it elsewhere (redirect, metacopy)' : asked.trouble
  const unseen = attributesHidden(root) ? 'only root may see how deleted folders are marked' : other
  return { folders: [...asked.folders].sort(), ...(unseen === undefined ? {} : { unseen }) }
}

/** What a program found. */
interface Marks {
  readonly folders: readonly string[]
  /** Whether there are files or folders whose content lies elsewhere. */
  readonly moved: boolean
  readonly trouble?: string
}

/** Undefined where there is no such program. */
async function askGetfattr(root: string, signal: AbortSignal): Promise<Marks | undefined> {
  const pieces: Buffer[] = []
  const words = ['-R', '-P', '-h', '--absolute-names', '-d', '-m', ATTRIBUTES, '--', root]
  const trouble = await run({
    ...{ program: 'getfattr', words, root, signal, mostBytes: MAX_OUTPUT_BYTES },
    output: (chunk) => pieces.push(chunk),
  })
  if (trouble === MISSING) return undefined
  const marks = parseAttributes(Buffer.concat(pieces), root)
  return trouble === undefined ? marks : { ...marks, trouble: `getfattr could not see all marks: ${trouble}` }
}

/** GNU tar is given the folders alone, and asked for their attributes. */
async function askTar(
  root: string,
  { limits, signal }: { readonly limits: Limits; readonly signal: AbortSignal },
): Promise<Marks> {
  const names: Uint8Array[] = [Buffer.from('./\0')]
  const entry = ({ type, path }: TreeEntry): void => {
    if (type === 'directory') names.push(Buffer.from('./'), encodePath(path), Buffer.from('\0'))
  }
  walkTree(root, { signal, limits, entry, problem: () => {} })
  const folders: string[] = []
  let moved = false
  const archive = new ArchivedAttributes((path, attributes) => {
    const value = (name: string): string | undefined =>
      KINDS.map((kind) => attributes.get(`SCHILY.xattr.${kind}.${name}`)).find((one) => one !== undefined)
    if (value('opaque') === 'y') folders.push(path.replace(/^\.\/?/, ''))
    moved ||= value('opaque') === 'x' || value('redirect') !== undefined
  })
  const words = ['--create', '--file=-', '--format=posix', '--xattrs', '--xattrs-include=*', '--no-recursion']
  const how = ['--pax-option=delete=atime,delete=ctime', '--mtime=@0', '--null', '--verbatim-files-from']
  const trouble = await run({
    program: 'tar',
    words: [...words, ...how, '-C', root, '--files-from=-'],
    root,
    signal,
    mostBytes: MAX_ARCHIVE_BYTES,
    input: Buffer.concat(names),
    output: (chunk) => archive.push(chunk),
  })
  if (trouble === undefined) return { folders, moved }
  const why = trouble === MISSING ? '' : `: ${trouble}`
  return { folders, moved, trouble: `neither getfattr (package attr) nor GNU tar is here to see its marks${why}` }
}

const MISSING = Symbol('there is no such program')

/** Runs a program; undefined when all went well, else what it complained of. */
function run(of: {
  readonly program: string
  readonly words: readonly string[]
  readonly root: string
  readonly signal: AbortSignal
  readonly mostBytes: number
  readonly input?: Uint8Array
  readonly output: (chunk: Buffer) => void
}): Promise<string | typeof MISSING | undefined> {
  const { spawn: start } = process.getBuiltinModule('node:child_process') as { spawn: typeof spawn }
  const { program, words, root, signal, mostBytes, input, output } = of
  return new Promise((resolve, reject) => {
    const child = start(program, [...words], { signal, env: { ...process.env, LC_ALL: 'C' } })
    let said = ''
    let bytes = 0
    const stop = (why: string): void => {
      said = why
      child.kill('SIGKILL')
    }
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > mostBytes) return stop('it says too much')
      try {
        output(chunk)
      } catch (error) {
        stop((error as Error).message)
      }
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < 200) said += chunk.toString('utf8')
    })
    // A program that ends early does not take its input.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (!signal.aborted) resolve(error.code === 'ENOENT' ? MISSING : error.message)
    })
    child.once('close', (status) => {
      if (signal.aborted) reject(new Failure('interrupted', 'interrupted', { kind: 'interrupted', input: root }))
      else resolve(status === 0 ? undefined : said.split('\n')[0].slice(0, 200) || `it ended with ${status}`)
    })
  })
}

/**
 * What `getfattr -d` prints: `# file: PATH`, then a line `NAME="VALUE"` for each attribute, then an empty one. Bytes of a path that could be
 * mistaken are written as three octal digits.
 */
export function parseAttributes(output: Uint8Array, root: string): Marks {
  const folders: string[] = []
  let moved = false
  let path = ''
  for (const line of linesOf(output)) {
    if (line.startsWith('# file: ')) path = decodePath(unescapeOctal(line.slice('# file: '.length)))
    else if (/\.(redirect|metacopy)=/.test(line)) moved = true
    else if (/\.opaque="y"$/.test(line)) {
      if (path === root) folders.push('')
      else if (path.startsWith(`${root}/`)) folders.push(path.slice(root.length + 1))
    } else if (/\.opaque="x"$/.test(line)) moved = true
  }
  return { folders: folders.sort(), moved }
}

function linesOf(output: Uint8Array): string[] {
  return Buffer.from(output.buffer, output.byteOffset, output.length).toString('latin1').split('\n')
}

function unescapeOctal(latin1: string): Uint8Array {
  const text = latin1.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
  return Buffer.from(text, 'latin1')
}

/** Whether marks may be there that this process is not shown: `trusted.` ones, which need CAP_SYS_ADMIN outside of all user namespaces. */
function attributesHidden(root: string): boolean {
  try {
    const [from, to, count] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)
    const isOutside = from === '0' && to === '0' && count === ALL_USERS
    const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`)
    if (isOutside && (held & (1n << CAP_SYS_ADMIN)) !== 0n) return false
    // A rootless engine marks with `user.` attributes, which the owner sees.
    const user = process.geteuid?.()
    return (isOutside && user === 0) || statSync(root).uid !== user
  } catch {
    return true
  }
}
