import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'

/** Marks `path` as deleted, as overlayfs does: a device 0/0. Returns why it cannot be done here. */
export function markWhiteout(path: string): string | undefined {
  const done = spawnSync('mknod', [path, 'c', '0', '0'])
  return done.status === 0 ? undefined : 'devices cannot be made here: not root'
}

/** Marks a folder as one that hides all that older layers have in it. Returns why it cannot be done here. */
export function markOpaque(folder: string | Uint8Array): string | undefined {
  // Words of a program are text: a name that is none goes through the shell's input.
  const quoted = Buffer.from(Buffer.from(folder).toString('latin1').replaceAll("'", `'\\''`), 'latin1')
  const input = Buffer.concat([
    Buffer.from("exec setfattr -n trusted.overlay.opaque -v y '"),
    quoted,
    Buffer.from("'\n"),
  ])
  if (spawnSync('setfattr', ['--version']).error !== undefined) return 'there is no setfattr (package attr)'
  const done = spawnSync('sh', [], { input })
  return done.status === 0 ? undefined : 'trusted attributes cannot be set here: not root, or not this file system'
}
