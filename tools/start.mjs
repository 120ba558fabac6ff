// Runs Bulwark's bundle in this very process. In a checkout the bundle is named by a hash of the sources' names, sizes
// and times and built when it is not there; an installed package has it in dist/. Everything here stands between a person
// and `bulwark --version`: only built-ins, only synchronous calls, nothing that is not needed to get to the import.
const { hash } = builtin('node:crypto')
const { existsSync, openSync, readdirSync, statSync, utimesSync } = builtin('node:fs')
const { enableCompileCache } = builtin('node:module')
const { dirname, join } = builtin('node:path')
const { fileURLToPath, pathToFileURL } = builtin('node:url')

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Node's own module, without what an `import` of it costs: that reads every export, and some load further code. */
function builtin(name) {
  return process.getBuiltinModule(name)
}

/** Whether a file below src/ can end up in the bundle. */
function isSource(name) {
  return !name.endsWith('.test.ts') && name !== 'testdata'
}

/** Names, sizes and times of all that the bundle is made from, as 32 hexadecimal digits. */
function fingerprint() {
  const lines = []
  const add = (path) => {
    const { size, mtimeMs } = statSync(`${root}/${path}`)
    lines.push(path, size, mtimeMs)
  }
  const folders = ['src']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
      if (!isSource(entry.name)) continue
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) folders.push(path)
      else add(path)
    }
  }
  for (const path of ['package.json', 'package-lock.json', 'tsconfig.json', 'tools/build.ts', 'tools/start.mjs'])
    add(path)
  return hash('sha256', lines.join('\n')).slice(0, 32)
}

/** The folder of the bundle that fits the sources; builds it when it is missing. */
async function currentBundle() {
  const name = fingerprint()
  const here = join(root, '.build', name)
  if (existsSync(join(here, 'bulwark.js'))) return here
  const { buildOnce } = await import('./build.ts')
  return await buildOnce(root, name)
}

/** Says that this bundle is in use: an open folder shows in /proc, and the time of last use keeps it for a while longer. */
function claim(bundle) {
  try {
    openSync(bundle, 'r')
    utimesSync(bundle, new Date(), new Date())
  } catch {
    // A checkout that cannot be written is not cleaned either.
  }
}

/** Where V8's compiled code is kept: beside the bundle, or for an installed package in the user's own cache; nowhere else, since it is code. */
function compiledFolder(bundle) {
  if (inCheckout) return join(bundle, 'compiled')
  const { BULWARK_CACHE_DIR, XDG_CACHE_HOME, HOME } = process.env
  if (BULWARK_CACHE_DIR) return join(BULWARK_CACHE_DIR, 'compiled')
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'bulwark/compiled')
  return HOME ? join(HOME, '.cache/bulwark/compiled') : undefined
}

const inCheckout = existsSync(join(root, 'src/cli/main.ts'))
if (inCheckout && process.argv[2] === 'test') {
  const { main } = await import('./test.ts')
  process.exitCode = await main(root, process.argv.slice(3))
} else {
  const bundle = inCheckout ? await currentBundle() : join(root, 'dist')
  if (inCheckout) claim(bundle)
  const compiled = compiledFolder(bundle)
  if (compiled !== undefined) enableCompileCache(compiled)
  await import(pathToFileURL(join(bundle, 'bulwark.js')).href)
}
