import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { quoted, refuseIdentity } from '../recorded-text.ts'
import { blind } from './database.ts'
import type { RpmPackage } from './package.ts'

/** A package of a manifest, with the line that names it. */
export interface ManifestPackage extends RpmPackage {
  readonly line: number
}

const COLUMNS = 10
const MAX_MANIFEST_BYTES = 32 * 1024 ** 2

/** Reads the list that distroless images of Mariner and Azure Linux carry in place of a database. */
export const rpmManifestReader: FileReader<ManifestPackage> = {
  id: 'rpm-manifest',
  version: 1,
  wants: {
    any: [{ path: 'var/lib/rpmmanifest/container-manifest-2' }],
    maxBytes: MAX_MANIFEST_BYTES,
    loss: 'blind',
  },
  keys: (pkg) => [`${pkg.name} ${pkg.epoch ?? 0}:${pkg.version}-${pkg.release} ${pkg.architecture ?? ''}`],
  read: readManifest,
}

/**
 * The packages of a manifest: lines of ten columns separated by tabs (name, version-release, time of installation, time of build, vendor,
 * epoch or `(none)`, size, architecture, epoch as a number, source RPM), as the build of Azure Linux' images writes them with `rpm -qa --qf`
 * (microsoft/azurelinux, toolkit/tools/imagecustomizer).
 */
export function readManifest(file: FileBytes): ReadResult<ManifestPackage> {
  const facts: ManifestPackage[] = []
  let refused = 0
  let firstRefused = ''
  const lines = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.length).toString('utf8').split('\n')
  lines.forEach((text, index) => {
    const line = text.trimEnd()
    if (line === '' || line.startsWith('gpg-pubkey\t')) return
    const fact = packageOfLine(line, index + 1)
    if (fact !== undefined) facts.push(fact)
    else if (refused++ === 0) firstRefused = `line ${index + 1} reads ${quoted(line)}`
  })
  if (refused > 0) {
    const message = `the package manifest of rpm has ${refused} lines that name no package; ${firstRefused}`
    return { facts, diagnostics: [blind(file.path, 'rpm-manifest-corrupt', message)] }
  }
  if (facts.length === 0 && file.sizeBytes === 0)
    return {
      facts,
      diagnostics: [blind(file.path, 'rpm-manifest-corrupt', 'the package manifest of rpm is a file of 0 bytes')],
    }
  return { facts, diagnostics: [] }
}

function packageOfLine(line: string, number: number): ManifestPackage | undefined {
  const columns = line.split('\t')
  if (columns.length < COLUMNS) return undefined
  const [name, whole] = columns
  const dash = whole.lastIndexOf('-')
  const version = dash < 0 ? whole : whole.slice(0, dash)
  const release = dash < 0 ? '' : whole.slice(dash + 1)
  if (refuseIdentity(name, version) !== undefined || refuseIdentity(name, whole) !== undefined) return undefined
  const epoch = /^\d{1,9}$/.test(columns[8]) ? Number(columns[8]) : undefined
  const said = (text: string) => (text === '' || text === '(none)' ? undefined : text)
  return {
    kind: 'package',
    name,
    version,
    release,
    line: number,
    epoch,
    vendor: said(columns[4]),
    architecture: said(columns[7]),
    sourceRpm: said(columns[9]),
  }
}
