/** The bundle: what it is made of, and how many processes that want the same one at once get it from a single build. */
import { spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'

/** A bundle that no process holds open stays this long after its last start. */
const KEEP_UNUSED_MS = 60 * 60 * 1000

/**
 * The folder that holds the bundle `name` of the checkout `root`: `.build/` of the checkout, or where that cannot be written
 * the user's cache. Builds it when it is missing, in a process of its own that holds a kernel lock; whoever
 * waited finds it built.
 */
export async function buildOnce(root: string, name: string): Promise<string> {
  const folder = buildFolder(root)
  const bundle = join(folder, name)
  if (existsSync(join(bundle, 'bulwark.js'))) return bundle
  const built = spawnSync(
    'flock',
    [join(folder, 'build.lock'), process.execPath, fileURLToPath(import.meta.url), root, bundle],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (built.error) throw new Error(`the bundle could not be built: flock: ${built.error.message}`)
  if (built.signal) process.kill(process.pid, built.signal)
  if (built.status !== 0) process.exit(3)
  return bundle
}

/** Where bundles of this checkout are kept: the first place that can be written. */
function buildFolder(root: string): string {
  const cache = process.env.BULWARK_CACHE_DIR || join(process.env.XDG_CACHE_HOME || join(home(), '.cache'), 'bulwark')
  // The name of a checkout's folder, since several may share the cache.
  const checkout = root.replaceAll(/[^A-Za-z0-9.-]+/g, '-').replace(/^-/, '')
  for (const folder of [join(root, '.build'), join(cache, 'build', checkout)]) {
    try {
      mkdirSync(folder, { recursive: true })
      accessSync(folder, constants.W_OK)
      return folder
    } catch {
      // Not here; the next place.
    }
  }
  // A user without an entry in /etc/passwd has a number all the same.
  const uid = process.getuid?.() ?? 0
  // Others can write to the temporary folder too: only a folder that is ours alone may hold code that we run.
  const own = join(tmpdir(), `bulwark-${uid}`)
  mkdirSync(own, { recursive: true, mode: 0o700 })
  const found = lstatSync(own)
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0)
    throw new Error(`${own} is not a folder of this user alone: remove it, or set BULWARK_CACHE_DIR`)
  const folder = join(own, checkout)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** The home directory; the root for a user who has none, as container runtimes do. */
function home(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}

/**
 * Bundles `src/cli/main.ts` of `root` as `bulwark.js`, a chunk for each dynamic import, and every `*-worker.ts` below
 * `src/` beside it as an entry of its own, into the folder `into`, which appears at once and whole. Resolves to the names of the npm packages
 * whose code is in it.
 */
export async function buildBundle(root: string, into: string): Promise<string[]> {
  const { build } = await import('esbuild')
  const scratch = mkdtempSync(`${into}.new-`)
  try {
    const workers = globSync('src/**/*-worker.ts', { cwd: root })
    const entryPoints: Record<string, string> = { bulwark: join(root, 'src/cli/main.ts') }
    for (const worker of workers) entryPoints[basename(worker, '.ts')] = join(root, worker)
    if (Object.keys(entryPoints).length !== workers.length + 1)
      throw new Error(`two workers have the same name: ${workers.join(', ')}`)
    const result = await build({
      absWorkingDir: root,
      entryPoints,
      outdir: scratch,
      entryNames: '[name]',
      chunkNames: '[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node26',
      // Names stay as written, so that a stack trace can be read without a source map.
      minify: false,
      legalComments: 'none',
      define: { BULWARK_VERSION: JSON.stringify(versionOf(root)) },
      // CommonJS packages in the bundle ask for nothing but Node's own modules.
      banner: { js: 'const require = (name) => process.getBuiltinModule(name);' },
      plugins: [withoutChildProcesses, builtinsDirectly],
      metafile: true,
      logLevel: 'error',
    })
    writeFileSync(join(scratch, 'package.json'), '{"type":"module"}\n')
    rmSync(into, { recursive: true, force: true })
    renameSync(scratch, into)
    return packagesIn(Object.keys(result.metafile.inputs))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** commander loads Node's child processes for commands that are programs of their own: there are none, and it costs milliseconds at every start. */
const withoutChildProcesses: Plugin = {
  name: 'without-child-processes',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /node_modules\/commander\//.test(importer) ? { path: 'child-processes', namespace: 'none' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'export default {}' }))
  },
}

/**
 * Node's own modules, taken from the process in place of `import`: an ES module of theirs reads all of their exports, also those that
 * load further code when they are read. That is milliseconds at every start. Only what is used is read here.
 */
const builtinsDirectly: Plugin = {
  name: 'builtins-directly',
  setup({ onLoad }) {
    onLoad({ filter: /\/(src\/.*\.ts|node_modules\/commander\/.*\.js)$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /^import (\w+|\{[^}]*\}) from '(node:[a-z0-9_/]+)';?$/gm,
        (statement, names: string, module: string) =>
          module === 'node:child_process' && path.endsWith('.js')
            ? statement
            : builtinConstants(names, module) + newlines(statement),
      ),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
    }))
  },
}

/** `{ a, type B, c as d }` of a module as constants. Each may be left out where nobody uses it: reading it changes nothing. */
function builtinConstants(names: string, module: string): string {
  const builtin = `globalThis.process.getBuiltinModule('${module}')`
  if (!names.startsWith('{')) return `const ${names} = /* @__PURE__ */ (() => ${builtin})()`
  const wanted = names.slice(1, -1).split(',')
  return wanted
    .map((part) => part.trim())
    .filter((part) => part !== '' && !part.startsWith('type '))
    .map((part) => {
      const [name, as = name] = part.split(' as ')
      return `const ${as} = /* @__PURE__ */ (() => ${builtin}.${name})()`
    })
    .join('; ')
}

/** The line ends of a statement: what stands below it keeps its line. */
function newlines(statement: string): string {
  return statement.replaceAll(/[^\n]/g, '')
}

function versionOf(root: string): string {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}

/** Names of the npm packages that these files belong to, sorted. */
function packagesIn(files: readonly string[]): string[] {
  const names = files.flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [])
  return [...new Set(names)].sort()
}

/** Removes bundles that nobody uses: not held open by a process that can be seen, and not started for a while. */
function removeUnused(folder: string, current: string): void {
  const held = foldersHeldOpen()
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (!entry.isDirectory() || path === current || held.has(path) || !/^[0-9a-f]{32}/.test(entry.name)) continue
    if (Date.now() - statSync(path).mtimeMs > KEEP_UNUSED_MS) rmSync(path, { recursive: true, force: true })
  }
}

/** What the processes of this machine that we may look into hold open. */
function foldersHeldOpen(): Set<string> {
  const held = new Set<string>()
  for (const process of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(process)) continue
    try {
      for (const open of readdirSync(`/proc/${process}/fd`)) held.add(readlinkSync(`/proc/${process}/fd/${open}`))
    } catch {
      // It has ended, or is not ours to look into.
    }
  }
  return held
}

/** The licence texts of the packages whose code `dist/` carries: their licences ask for it. */
function thirdPartyNotices(root: string, packages: readonly string[]): string {
  return packages
    .map((name) => {
      const folder = join(root, 'node_modules', name)
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
      const body = texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n')
      return `${name} ${version} (${license})\n\n${body || '(the package carries no licence text of its own)'}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** `build.ts ROOT BUNDLE` makes a bundle for the launcher; `build.ts` alone makes `dist/` for the package. */
async function main(root: string | undefined, bundle: string | undefined): Promise<void> {
  if (root !== undefined && bundle !== undefined) {
    if (existsSync(join(bundle, 'bulwark.js'))) return
    await buildBundle(root, bundle)
    removeUnused(dirname(bundle), bundle)
    return
  }
  const here = dirname(dirname(fileURLToPath(import.meta.url)))
  const dist = join(here, 'dist')
  const packages = await buildBundle(here, dist)
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(here, packages))
  process.stdout.write(`${relative(process.cwd(), dist) || 'dist'}: ${readdirSync(dist).length} files\n`)
}

if (import.meta.main) {
  try {
    await main(process.argv[2], process.argv[3])
  } catch (error) {
    // esbuild has printed its own errors, with positions.
    const first = String(error instanceof Error ? error.message : error).split('\n', 1)[0]
    process.stderr.write(`bulwark: the bundle could not be built: ${first}\n`)
    process.exitCode = 1
  }
}
