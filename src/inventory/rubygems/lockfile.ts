import type { Digest } from '../../model/digest.ts'
import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { quoted } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { gemUrl, splitPlatform } from './gem.ts'

/** Sections that list gems, each with `specs:` (https://bundler.io/guides/lockfile.html). */
const SOURCES = new Set(['GEM', 'GIT', 'PATH', 'PLUGIN SOURCE'])
const SPEC = /^ {4}([^\s()]{1,512}) \(([^()]{1,1024})\)$/
const NEED = /^ {6}([^\s()]{1,512})(?: \(.*\))?$/
const DIRECT = /^ {2}([^\s()!]{1,512})(?: \([^()]*\))?!?$/
const CHECKSUM = /^ {2}([^\s()]{1,512}) \(([^()]{1,1024})\) (.*)$/

interface Gem {
  readonly name: string
  readonly version: string
  readonly platform: string | undefined
  readonly section: string
  readonly remote: string | undefined
  readonly line: number
  readonly needs: string[]
}

/** The gems of a `Gemfile.lock` or `gems.locked`; those that DEPENDENCIES names are direct, CHECKSUMS gives their SHA-256. */
export function readBundlerLock(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('bundler-lock-unreadable', file.path)
  const text = decodeText(file.bytes)
  const gems: Gem[] = []
  const direct = new Set<string>()
  const checksums = new Map<string, Digest>()
  let section = ''
  let sections = 0
  let remote: string | undefined
  linesOf(text).forEach((line, index) => {
    if (/^[A-Z][A-Z ]*$/.test(line)) {
      section = line
      remote = undefined
      sections++
    } else if (SOURCES.has(section)) {
      const spec = SPEC.exec(line)
      const need = NEED.exec(line)
      if (spec !== null)
        gems.push({ name: spec[1], ...splitPlatform(spec[2]), section, remote, line: index + 1, needs: [] })
      else if (need !== null) gems.at(-1)?.needs.push(need[1])
      else if (line.startsWith('  remote: ')) remote = line.slice(10).trim()
      else if (line.startsWith('    ') && line.trim() !== '')
        stated.problem(`line ${index + 1} names no gem: ${quoted(line.trim())}`)
    } else if (section === 'DEPENDENCIES') {
      const name = DIRECT.exec(line)?.[1]
      if (name !== undefined) direct.add(name)
    } else if (section === 'CHECKSUMS') {
      const found = CHECKSUM.exec(line)
      const sha256 = found && /\bsha256=([0-9a-f]{64})\b/.exec(found[3])
      if (found && sha256) checksums.set(`${found[1]} ${found[2]}`, `sha256:${sha256[1]}`)
    }
  })
  if (sections === 0 && text.trim() !== '') stated.problem('it is no lockfile of Bundler: it has no section')
  for (const gem of gems) stated.add(statedGem(gem, direct.size === 0 ? undefined : direct, checksums))
  return stated.result()
}

function statedGem(
  { name, version, platform, section, remote, line, needs }: Gem,
  direct: ReadonlySet<string> | undefined,
  checksums: ReadonlyMap<string, Digest>,
): StatedPackage {
  const hash = checksums.get(`${name} ${platform === undefined ? version : `${version}-${platform}`}`)
  const origin = section === 'GIT' && remote !== undefined ? { vcs_url: `git+${remote}` } : undefined
  return {
    key: name,
    purl: gemUrl(name, version, { ...(platform && { platform }), ...origin }),
    name,
    version,
    ecosystem: 'RubyGems',
    presence: 'declared',
    lines: [line, line],
    hashes: hash === undefined ? [] : [hash],
    ...(direct && { direct: direct.has(name) }),
    needs,
  }
}
