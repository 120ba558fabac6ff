import * as z from 'zod/mini'
import type { FileBytes, FileReader, PathCondition, ReadResult } from '../../reading/index.ts'
import { cleanText, linesOf, parseAssignments, type ReleaseFact, type ReleaseFields } from './facts.ts'

const OS_RELEASE = ['etc/os-release', 'usr/lib/os-release', 'usr/etc/os-release']
const LSB_RELEASE = ['etc/lsb-release']
const UBUNTU_PRO = 'var/lib/ubuntu-advantage/status.json'

/** Release files older than os-release, the more specific first: where there are several, the first that says something counts. */
export const OLDER_RELEASE_FILES: readonly string[] = [
  'etc/alpine-release',
  'etc/almalinux-release',
  'etc/rocky-release',
  'etc/oracle-release',
  'etc/enterprise-release',
  'etc/centos-release',
  'etc/fedora-release',
  'etc/photon-release',
  'etc/mariner-release',
  'etc/azurelinux-release',
  'etc/openEuler-release',
  'etc/mageia-release',
  'etc/SuSE-release',
  'etc/SUSE-brand',
  'etc/redhat-release',
  'etc/system-release',
  'etc/system-release-cpe',
  'etc/arch-release',
  'etc/debian_version',
]

function paths(list: readonly string[]): readonly PathCondition[] {
  return list.map((path) => ({ path }))
}

/** Text files that say which distribution this is. */
const releaseFiles: FileReader<ReleaseFact> = {
  id: 'operating-system-release',
  version: 1,
  wants: {
    any: paths([...OS_RELEASE, ...LSB_RELEASE, ...OLDER_RELEASE_FILES]),
    maxBytes: 64 * 1024,
    loss: 'blind',
  },
  read(file) {
    return { facts: [releaseFact(file)], diagnostics: [] }
  },
}

function releaseFact(file: FileBytes): ReleaseFact {
  const lines = linesOf(file.bytes)
  if (OS_RELEASE.includes(file.path)) return { kind: 'os-release', fields: osReleaseFields(parseAssignments(lines)) }
  if (LSB_RELEASE.includes(file.path)) return { kind: 'lsb-release', fields: lsbFields(parseAssignments(lines)) }
  return { kind: 'release-text', file: file.path, lines: lines.slice(0, 10).map(cleanText) }
}

function osReleaseFields(values: ReadonlyMap<string, string>): ReleaseFields {
  const of = (name: string) => values.get(name) ?? ''
  return {
    id: of('ID').toLowerCase(),
    idLike: of('ID_LIKE').toLowerCase(),
    name: of('NAME'),
    prettyName: of('PRETTY_NAME'),
    version: of('VERSION'),
    versionId: of('VERSION_ID'),
    codename: of('VERSION_CODENAME') || of('UBUNTU_CODENAME'),
    variantId: of('VARIANT_ID'),
    cpe: of('CPE_NAME'),
  }
}

function lsbFields(values: ReadonlyMap<string, string>): ReleaseFields {
  const of = (name: string) => values.get(name) ?? ''
  return {
    id: of('DISTRIB_ID').toLowerCase(),
    idLike: '',
    name: of('DISTRIB_ID'),
    prettyName: of('DISTRIB_DESCRIPTION'),
    version: of('DISTRIB_RELEASE'),
    versionId: of('DISTRIB_RELEASE'),
    codename: of('DISTRIB_CODENAME'),
    variantId: '',
    cpe: '',
  }
}

const proStatus = z.object({
  services: z.array(z.object({ name: z.string(), status: z.string() })).check(z.maxLength(1000)),
})

/** Whether Ubuntu Pro is attached, and for what: fixes of extended maintenance are then installed too. */
const ubuntuPro: FileReader<ReleaseFact> = {
  id: 'operating-system-ubuntu-pro',
  version: 1,
  wants: { any: [{ path: UBUNTU_PRO }], maxBytes: 1024 * 1024, loss: 'partial' },
  read(file) {
    const status = proStatus.safeParse(jsonOf(file.bytes))
    if (!status.success) return unreadable(file.path)
    const enabled = status.data.services.filter((service) => service.status === 'enabled')
    return { facts: [{ kind: 'ubuntu-pro', enabled: enabled.map(({ name }) => cleanText(name)) }], diagnostics: [] }
  },
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

function unreadable(path: string): ReadResult<ReleaseFact> {
  const message = "the status of Ubuntu Pro could not be read: it is no JSON of that program's form"
  return { facts: [], diagnostics: [{ code: 'ubuntu-pro-status-malformed', message, path, effect: 'partial' }] }
}

/** Busybox names itself in its binary; where nothing else says what the system is, it is a busybox image. */
const busybox: FileReader<ReleaseFact> = {
  id: 'operating-system-busybox',
  version: 1,
  wants: { any: paths(['bin/busybox', 'usr/bin/busybox']), maxBytes: 16 * 1024 * 1024, loss: 'partial' },
  read({ bytes }) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    const at = text.indexOf('BusyBox v')
    if (at < 0) return { facts: [], diagnostics: [] }
    const version = /^\d+(?:\.\d+){1,3}/.exec(text.toString('latin1', at + 9, at + 41))
    return { facts: version === null ? [] : [{ kind: 'busybox', version: version[0] }], diagnostics: [] }
  },
}

/** Readers of everything that says what the operating system is. */
export const OS_READERS: readonly FileReader<ReleaseFact>[] = [releaseFiles, ubuntuPro, busybox]
