import { Buffer } from 'node:buffer'
import type { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import process from 'node:process'
import { Failure } from '../../lib/failure.ts'
import { decodePath } from '../../lib/path-text.ts'

/** Folders below a root that hide what older layers have in them, as paths from there; `unseen` says why some may be missing. */
export interface OpaqueFolders {
  readonly folders: readonly string[]
  readonly unseen?: string
}

/** Linux, Documentation/filesystems/overlayfs.rst: `trusted.` for root's mounts, `user.` with `userxattr`; fuse-overlayfs has its own. */
const ATTRIBUTES = '^(trusted\\.overlay|user\\.overlay|user\\.fuseoverlayfs)\\.(opaque|redirect|metacopy)$'
const MAX_OUTPUT_BYTES = 256 * 1024 ** 2
const ALL_USERS = '4294967295'
const CAP_SYS_ADMIN = 21n

/**
 * Asks `getfattr` (package attr), since Node reads no extended attributes. Never rejects but for `signal`: where the attributes cannot be
 * seen, or say that files are kept elsewhere, `unseen` says so.
 */
export async function opaqueFolders(folder: string, signal: AbortSignal): Promise<OpaqueFolders> {
  const root = folder.replace(/(?<=.)\/+$/, '')
  const denied = attributesHidden(root) ? 'only root may see how deleted folders are marked' : undefined
  const asked = await askGetfattr(root, signal)
  if ('unseen' in asked) return { folders: [], unseen: denied ?? asked.unseen }
  const { folders, moved } = parseAttributes(asked.output, root)
  const other = moved ? 'overlayfs keeps a part of it elsewhere (redirect, metacopy)' : asked.trouble
  const unseen = denied ?? other
  return unseen === undefined ? { folders } : { folders, unseen }
}

type Asked = { readonly output: Buffer; readonly trouble?: string } | { readonly unseen: string }

function askGetfattr(root: string, signal: AbortSignal): Promise<Asked> {
  const { execFile: run } = process.getBuiltinModule('node:child_process') as { execFile: typeof execFile }
  const names = ['-R', '-P', '-h', '--absolute-names', '-d', '-m', ATTRIBUTES, '--', root]
  const how = { encoding: 'buffer', maxBuffer: MAX_OUTPUT_BYTES, signal, env: { ...process.env, LC_ALL: 'C' } } as const
  return new Promise((resolve, reject) => {
    run('getfattr', names, how, (error, stdout, stderr) => {
      if (signal.aborted) reject(new Failure('interrupted', 'interrupted', { kind: 'interrupted', input: root }))
      else if (error === null) resolve({ output: stdout })
      else if (error.code === 'ENOENT') {
        resolve({ unseen: 'the program getfattr (package attr) is not here to see how deleted folders are marked' })
      } else {
        const why = stderr.toString('utf8').split('\n')[0].slice(0, 200)
        resolve({ output: stdout, trouble: `getfattr could not see all marks of deleted folders: ${why}` })
      }
    })
  })
}

/**
 * What `getfattr -d` prints: `# file: PATH`, then a line `NAME="VALUE"` for each attribute, then an empty one. Bytes of a path that could be
 * mistaken are written as three octal digits.
 */
export function parseAttributes(
  output: Uint8Array,
  root: string,
): { readonly folders: readonly string[]; readonly moved: boolean } {
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
