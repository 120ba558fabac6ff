import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { updateAdvisories } from '../advisories/index.ts'
import { Failure } from '../lib/failure.ts'
import type { CommandModule } from './command.ts'
import { type CommandLineForm, parseCommandLine } from './command-line.ts'
import { COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { runScan } from './scan-request.ts'
import { resolveSettings } from './settings.ts'
import { type World, write } from './world.ts'

const FORM: CommandLineForm = {
  name: 'demo',
  summary: 'Scans the bundled example, offline, and explains what is seen.',
  operands: '',
  examples: ['bulwark demo'],
  page: 'docs/scan.md',
  flags: Object.values(COMMON_FLAGS),
}

/** `bulwark demo`: puts the example's root file system together in a temporary folder, scans it against the example's advisories. */
export const demo: CommandModule = {
  async run(words, world) {
    const line = await parseCommandLine(FORM, words, world)
    if (line === undefined) return 0
    const example = exampleFolder()
    const folder = mkdtempSync(join(tmpdir(), 'bulwark-demo-'))
    try {
      return await runDemo(example, folder, line.given, world)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

async function runDemo(
  example: string,
  folder: string,
  given: ReadonlyMap<string, readonly string[]>,
  world: World,
): Promise<number> {
  const root = join(folder, 'shop')
  const assembled = spawnSync('sh', [join(example, 'assemble.sh'), root], { encoding: 'utf8' })
  if (assembled.status !== 0) {
    const why = assembled.error?.message ?? assembled.stderr.trim()
    throw new Failure('demo', `the example could not be put together: ${why}`, { input: example })
  }
  const cacheDir = join(folder, 'cache')
  await updateAdvisories(
    { cacheDir, from: join(example, 'advisories') },
    { env: {}, now: world.now, signal: world.signal },
  )
  // The demo shows what everybody sees: settings of the user's own would change it.
  const { settings } = resolveSettings({ ...SCAN_FLAGS, ...COMMON_FLAGS }, given, {}, undefined)
  const status = await runScan(
    {
      target: root,
      shownAs: 'examples/shop',
      settings: { ...settings, cacheDir, offline: true, allFindings: true },
      read: 'auto',
      exitOnEndOfLife: 0,
    },
    world,
  )
  await write(world.stdout, EXPLANATION)
  return status
}

const EXPLANATION = `
What you saw: a Debian root file system with a Node service in it, read as it lies, offline, in the time that the last line says.
Two weaknesses are exploited in the wild, so they stand first, before others with a higher score; one has no fix yet, and says so.
Each line names package, installed and fixed version, and the file that is the evidence; what could not be known would stand under Blind.
Next: bulwark advisories update, then bulwark scan alpine:3.20 (any image, as to docker pull), or bulwark scan DIRECTORY.
In a pipeline: bulwark scan --severity critical,high --exit-code 1 image.tar; everything else is in docs/scan.md.
`

/** The bundled example: beside the program, in a checkout and in an installed package alike. @throws Failure when it is not there. */
function exampleFolder(): string {
  const program = process.argv[1] === undefined ? [] : [join(dirname(dirname(process.argv[1])), 'examples', 'shop')]
  const beside = fileURLToPath(new URL('../../examples/shop', import.meta.url))
  const found = [...program, beside].find((folder) => existsSync(join(folder, 'assemble.sh')))
  if (found === undefined)
    throw new Failure('demo', 'the bundled example is missing from this installation', { input: beside })
  return found
}
