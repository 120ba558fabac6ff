/**
 * Makes package-lock.json anew: `node tools/lock.ts`, under the pinned Node, since npm resolves by the Node that runs it.
 * npm leaves a package out of the lock file when the registry that it asks (a mirror, a proxy) does not have it, as those for
 * platforms that nobody there uses; `npm ci` then refuses the file. Such packages are entered by version and platform, so that
 * `npm ci` knows them and passes them over.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The parts of a lock file that are looked at (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json). */
interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface LockFile {
  packages: Record<string, LockEntry>
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

/** The platform that a package's name ends with (`cli-linux-x64-musl`), or undefined where it names none. */
function platformOf(name: string): LockEntry | undefined {
  const words = name.split('/').at(-1)!.split('-')
  const os = words.find((word) => SYSTEMS.includes(word))
  const cpu = words.find((word) => PROCESSORS.includes(word))
  if (cpu === 'wasm32') return { cpu: ['wasm32'] }
  if (os === undefined || cpu === undefined) return undefined
  const libc = words.some((word) => word.startsWith('musl')) ? { libc: ['musl'] } : {}
  return { os: [os], cpu: [cpu], ...libc }
}

/** Adds what `entries` miss: optional dependencies that are in no lock entry where npm would look for them. */
function completeEntries(lock: LockFile): string[] {
  const added: string[] = []
  for (const [owner, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`
      if (lock.packages[path] !== undefined || lock.packages[`${owner}/${path}`] !== undefined) continue
      const platform = platformOf(name)
      if (platform === undefined || !/^[0-9]/.test(version))
        throw new Error(`${owner}: the registry lacks ${name}@${version}`)
      lock.packages[path] = { version, ...platform, ...(owner === '' ? {} : { dev: true }), optional: true }
      added.push(`${name}@${version}`)
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
  return added
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const scratch = mkdtempSync(join(tmpdir(), 'bulwark-lock-'))
try {
  for (const file of ['package.json', '.npmrc', 'package-lock.json']) cpSync(join(root, file), join(scratch, file))
  const environment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  const npm = spawnSync(
    'sh',
    ['-c', 'exec node "$(readlink -f "$(command -v npm)")" install --package-lock-only --ignore-scripts'],
    {
      cwd: scratch,
      env: environment,
      stdio: 'inherit',
    },
  )
  if (npm.status !== 0) throw new Error('npm install failed')
  const lock: LockFile = JSON.parse(readFileSync(join(scratch, 'package-lock.json'), 'utf8'))
  for (const added of completeEntries(lock))
    process.stdout.write(`not in this registry, entered by platform: ${added}\n`)
  writeFileSync(join(root, 'package-lock.json'), `${JSON.stringify(lock, undefined, 2)}\n`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
