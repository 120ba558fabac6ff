import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DEFAULT_LIMITS } from '../../src/lib/limits.ts'
import type { Component } from '../../src/model/component.ts'
import { scanTarget, workerEntry } from '../../src/scan/index.ts'
import type { CaseOutcome } from './suite.ts'

/** A package as a list beside an archive states it. */
interface Listed {
  readonly Name: string
  readonly Version: string
  readonly Arch: string
  readonly SrcName: string
  readonly Licenses: readonly string[]
}

/** The name of the case that cannot hold: a list of another build of the image than the archive that lies beside it. */
export const OTHER_BUILD = 'versions, where the list is of another build'

/**
 * `NAME.packages.json` against `NAME.tar.gz`: a case for each package, and one for the versions. Where the list's versions are not those
 * that tar and grep find in the archive, it describes another build: then each package is held to the archive's version instead, and
 * the case of the versions bears a name of its own.
 */
export async function* packagesAsListed(folder: string, base: string): AsyncIterable<CaseOutcome> {
  const archive = path.join(folder, `${base}.tar.gz`)
  const listed = JSON.parse(readFileSync(path.join(folder, `${base}.packages.json`), 'utf8')) as readonly Listed[]
  const recorded = recordedVersions(archive)
  const found = new Map((await componentsOf(archive)).map((component) => [component.name, component]))
  const otherBuild = listed.some(({ Name, Version }) => recorded.get(Name) !== Version)
  for (const one of listed) {
    const expected = wordsOf(one.Name, recorded.get(one.Name), one.Arch, one.SrcName, one.Licenses)
    const component = found.get(one.Name)
    const actual =
      component === undefined
        ? 'no such package'
        : wordsOf(component.name, component.version, component.architecture, component.source?.name, component.licences)
    yield { name: `${base}: ${one.Name}`, passed: actual === expected, expected, actual }
  }
  const versions = (of: ReadonlyMap<string, string>): string =>
    [...of]
      .map((pair) => pair.join(' '))
      .sort()
      .join(', ')
  const expected = versions(new Map(listed.map(({ Name, Version }) => [Name, Version])))
  const actual = versions(new Map([...found].map(([name, { version }]) => [name, version])))
  yield { name: `${base}: ${otherBuild ? OTHER_BUILD : 'versions'}`, passed: actual === expected, expected, actual }
}

function wordsOf(...words: readonly (string | readonly unknown[] | undefined)[]): string {
  return words.map((word) => (Array.isArray(word) ? [...word].sort().join('+') : (word ?? '-'))).join(' ')
}

/** Versions by name as `tar … lib/apk/db/installed | grep '^[PV]:'` shows them in the layers, the last layer's counting. */
function recordedVersions(archive: string): ReadonlyMap<string, string> {
  const script = `for layer in $(tar xzOf "$1" manifest.json | grep -o '[^",[]*layer[.]tar'); do
    tar xzOf "$1" "$layer" | tar xO lib/apk/db/installed 2>/dev/null
  done | grep '^[PV]:'`
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', archive], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  return new Map([...stdout.matchAll(/^P:(.*)\nV:(.*)$/gm)].map(([, name, version]) => [name, version]))
}

async function componentsOf(reference: string): Promise<readonly Component[]> {
  const cacheDir = mkdtempSync(path.join(tmpdir(), 'bulwark-images-'))
  try {
    const result = await scanTarget(
      {
        reference,
        cwd: cacheDir,
        skipFiles: [],
        skipDirs: [],
        pkgTypes: ['os', 'library'],
        ignoreUnfixed: false,
        includeKernelHeaders: false,
        read: 'auto',
        cacheDir,
        offline: true,
        network: { offline: true, allowAddresses: [], insecureRegistries: [], pullSecrets: [] },
        engines: {},
        noUpdate: true,
        limits: DEFAULT_LIMITS,
        workers: 1,
      },
      {
        signal: new AbortController().signal,
        now: () => new Date(),
        environment: {},
        workerUrl: workerEntry(),
        progress: () => {},
        explain: () => {},
      },
    )
    return result.inventory.components
  } finally {
    rmSync(cacheDir, { recursive: true, force: true })
  }
}
