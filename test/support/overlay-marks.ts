import { spawnSync } from 'node:child_process'

/** Marks `path` as deleted, as overlayfs does: a device 0/0. Returns why it cannot be done here. */
export function markWhiteout(path: string): string | undefined {
  const done = spawnSync('mknod', [path, 'c', '0', '0'])
  return done.status === 0 ? undefined : 'devices cannot be made here: not root'
}

/** Marks a folder as one that hides all that older layers have in it. Returns why it cannot be done here. */
export function markOpaque(folder: string): string | undefined {
  const done = spawnSync('setfattr', ['-n', 'trusted.overlay.opaque', '-v', 'y', folder])
  if (done.error !== undefined) return 'there is no setfattr (package attr)'
  return done.status === 0 ? undefined : 'trusted attributes cannot be set here: not root, or not this file system'
}
