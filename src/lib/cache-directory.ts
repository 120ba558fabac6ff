import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { Failure } from './failure.ts'

/**
 * Where Bulwark keeps what it can make again: `BULWARK_CACHE_DIR`, else `$XDG_CACHE_HOME/bulwark`
 * (https://specifications.freedesktop.org/basedir-spec/), else the platform's convention under the home directory.
 * The folder need not exist.
 */
export function cacheDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
  home: string = env.HOME || homeOfUser(),
): string {
  if (env.BULWARK_CACHE_DIR) return resolve(env.BULWARK_CACHE_DIR)
  // The specification says to ignore a relative path.
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'bulwark')
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'bulwark')
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'bulwark', 'cache')
  return join(home, '.cache', 'bulwark')
}

/** The home directory that the system knows; the root for a user whom it does not know, as container runtimes set it. */
function homeOfUser(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}

/** Makes a folder with its parents, readable by its owner only where it is new. Rejects with `Failure` that names it. */
export async function ensureDirectory(path: string): Promise<string> {
  try {
    // Loaded here, not imported: not every command makes a folder, and it brings readline with it.
    await process.getBuiltinModule('node:fs/promises').mkdir(path, { recursive: true, mode: 0o700 })
    return path
  } catch (cause) {
    throw new Failure('cache-directory', `cannot make the folder ${path}: ${(cause as Error).message}`, {
      input: path,
      hints: ['choose another with --cache-dir or BULWARK_CACHE_DIR'],
      cause,
    })
  }
}
