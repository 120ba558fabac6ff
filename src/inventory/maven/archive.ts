import { createHash } from 'node:crypto'
import type { ByteSource } from '../../lib/byte-source.ts'
import { asFailure } from '../../lib/failure.ts'
import { openZip, type ZipArchive, type ZipEntry } from '../../lib/zip/zip.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { RecordProblems } from '../record-problems.ts'
import { identifyArchive, type StatedCoordinates } from './archive-identity.ts'
import { isArchiveName, isSourcesName } from './archive-names.ts'
import { type Coordinates, refuseCoordinates } from './coordinates.ts'
import { mavenLicences } from './licence-names.ts'
import { parseManifest, parseProperties } from './manifest.ts'
import { pomOf } from './pom.ts'

/** An artifact that lies in an archive: the archive itself, one inside it, or one whose classes were shaded into it. */
export interface ArchivedArtifact extends Coordinates {
  readonly kind: 'archived'
  /** Where it lies inside the file, `!/` between archives; not given for the file itself. */
  readonly inside?: string
  /** The artifact of this file that holds it, by position. */
  readonly parent?: number
  /** Of an inner archive whose name is a guess, so that an index of digests could tell; of the file itself it stands in the row. */
  readonly sha1?: string
  readonly licences: readonly string[]
  /** `group:artifact` of what its `pom.xml` asks for at run time. */
  readonly needs: readonly string[]
  readonly confidence: number
}

/** At that confidence or below, the name is a guess from class and file names: its digest is kept. */
const GUESSED = 0.5
const MAX_DEPTH = 8
const MAX_ARCHIVES = 20_000
const MAX_INNER_BYTES = 512 * 1024 ** 2
/** Bytes that are unpacked of one file, all inner archives together. */
const MAX_UNPACKED_BYTES = 2 * 1024 ** 3
const MAX_TEXT_BYTES = 4 * 1024 ** 2
const MAX_STATED = 2000
/** Entries of all archives of one file together. */
const MAX_ALL_ENTRIES = 2_000_000
const HASH_CHUNK_BYTES = 1 << 20

/** An archive that is still to be looked at. */
interface Pending {
  readonly source: () => ByteSource
  readonly inside?: string
  readonly parent?: number
  readonly depth: number
}

/**
 * Every artifact of a Java archive and of the archives in it, without unpacking to disk: stored ones are read where they lie, deflated ones
 * one at a time in memory. What is damaged, encrypted or beyond the bounds is told by its path inside, and loses nothing else.
 */
export function readArchive(file: RandomFile): ReadResult<ArchivedArtifact> {
  return new ArchiveWalk(file).result()
}

class ArchiveWalk {
  readonly #file: RandomFile
  readonly #facts: ArchivedArtifact[] = []
  readonly #problems: RecordProblems
  readonly #pending: Pending[]
  #archives = 0
  #entries = 0
  #unpackedBytes = 0
  #unnamed = 0

  constructor(file: RandomFile) {
    this.#file = file
    this.#problems = new RecordProblems('maven-archive-unreadable', file.path)
    this.#pending = [{ source: () => file, depth: 0 }]
  }

  result(): ReadResult<ArchivedArtifact> {
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      if (++this.#archives > MAX_ARCHIVES || this.#entries > MAX_ALL_ENTRIES) {
        this.#problems.add(
          `it holds more archives or entries than are looked at: ${this.#pending.length + 1} archives are not read`,
        )
        break
      }
      try {
        this.#look(next)
      } catch (error) {
        const { input, message } = asFailure(error)
        this.#problems.add(`${next.inside ?? 'the archive'} could not be read: ${message}${input ? ` (${input})` : ''}`)
      }
    }
    return { facts: this.#facts, diagnostics: [...this.#problems.diagnostics(), ...this.#unnamedNotice()] }
  }

  #look(next: Pending): void {
    const source = next.source()
    const archive = openZip(source, next.inside ?? this.#file.path)
    this.#entries += archive.entries.length
    const found = sortEntries(archive.entries)
    const path = next.inside ?? this.#file.path
    const manifest = this.#text(archive, found.manifest)
    const identity = identifyArchive({
      path,
      stated: this.#stated(archive, found),
      manifest: manifest === undefined ? new Map() : parseManifest(manifest),
      commonPackage: () => commonPackage(archive.entries),
    })
    let parent = next.parent
    if (identity.main !== undefined) {
      const { group, artifact, version, confidence, needs, licences } = identity.main
      const named = manifest === undefined ? [] : [parseManifest(manifest).get('bundle-license') ?? '']
      const bundle = licences.length > 0 ? licences : mavenLicences(named)
      parent = this.#facts.length
      this.#facts.push({
        kind: 'archived',
        ...(group !== undefined && { group }),
        artifact,
        version,
        ...(next.inside !== undefined && { inside: next.inside }),
        ...(next.inside !== undefined && confidence <= GUESSED && { sha1: sha1Of(source) }),
        ...(next.parent !== undefined && { parent: next.parent }),
        licences: bundle,
        needs,
        confidence,
      })
    } else if (found.hasClasses) this.#unnamed++
    for (const { inside, ...shaded } of identity.others) {
      const at = next.inside === undefined ? inside : `${next.inside}!/${inside}`
      this.#facts.push({
        kind: 'archived',
        ...shaded,
        inside: at,
        ...(parent !== undefined && { parent }),
        confidence: 1,
      })
    }
    this.#enqueue(archive, found.archives, next, parent)
  }

  #enqueue(archive: ZipArchive, entries: readonly ZipEntry[], outer: Pending, parent: number | undefined): void {
    if (entries.length > 0 && outer.depth >= MAX_DEPTH) {
      this.#problems.add(`archives nest deeper than ${MAX_DEPTH} levels in ${outer.inside}`)
      return
    }
    for (const entry of entries.toReversed()) {
      const inside = outer.inside === undefined ? entry.name : `${outer.inside}!/${entry.name}`
      const source = () => {
        if (entry.method !== 0) this.#unpackedBytes += entry.sizeBytes
        if (this.#unpackedBytes > MAX_UNPACKED_BYTES)
          throw new Error('all archives in the file together unpack to too much')
        return archive.open(entry, MAX_INNER_BYTES)
      }
      this.#pending.push({ source, inside, ...(parent !== undefined && { parent }), depth: outer.depth + 1 })
    }
  }

  /** Coordinates of each `pom.properties`, with what the `pom.xml` beside it adds; of a `pom.xml` alone its own. */
  #stated(archive: ZipArchive, found: SortedEntries): StatedCoordinates[] {
    const stated: StatedCoordinates[] = []
    const folders = [...new Set([...found.properties.keys(), ...found.poms.keys()])]
    if (folders.length > MAX_STATED) this.#problems.add(`it states more than ${MAX_STATED} artifacts`)
    for (const folder of folders.slice(0, MAX_STATED)) {
      const propertiesBytes = this.#text(archive, found.properties.get(folder))
      const properties = propertiesBytes && parseProperties(propertiesBytes)
      const pomBytes = this.#text(archive, found.poms.get(folder))
      const parsed = pomBytes && pomOf(pomBytes)
      const pom = parsed && 'pom' in parsed ? parsed.pom : undefined
      const coordinates = {
        group: properties?.get('groupId') ?? pom?.group ?? pom?.parent?.group ?? '',
        artifact: properties?.get('artifactId') ?? pom?.artifact ?? '',
        version: properties?.get('version') ?? pom?.version ?? pom?.parent?.version ?? '',
      }
      if (refuseCoordinates(coordinates) !== undefined) continue
      const needed = pom?.dependencies.filter(
        ({ scope, optional }) => !optional && /^(compile|runtime)?$/.test(scope ?? ''),
      )
      stated.push({
        ...coordinates,
        inside: (found.properties.get(folder) ?? found.poms.get(folder))?.name ?? folder,
        licences: mavenLicences(pom?.licences ?? []),
        needs: (needed ?? []).map(({ group, artifact }) => `${group}:${artifact}`),
      })
    }
    return stated
  }

  /** The bytes of a small entry; a damaged one is told, and not there. */
  #text(archive: ZipArchive, entry: ZipEntry | undefined): Uint8Array | undefined {
    if (entry === undefined) return undefined
    try {
      this.#unpackedBytes += entry.sizeBytes
      return archive.read(entry, MAX_TEXT_BYTES)
    } catch (error) {
      const { input, message } = asFailure(error)
      this.#problems.add(`${input ?? entry.name} could not be read: ${message}`)
      return undefined
    }
  }

  #unnamedNotice(): Diagnostic[] {
    if (this.#unnamed === 0) return []
    const message = `${this.#unnamed} archives with classes say neither in file name nor metadata which artifact they are`
    return [{ code: 'maven-archive-unidentified', message, path: this.#file.path, effect: 'notice' }]
  }
}

interface SortedEntries {
  readonly manifest?: ZipEntry
  /** By folder: `META-INF/maven/org.slf4j/slf4j-api`. */
  readonly properties: ReadonlyMap<string, ZipEntry>
  readonly poms: ReadonlyMap<string, ZipEntry>
  readonly archives: readonly ZipEntry[]
  readonly hasClasses: boolean
}

function sortEntries(entries: readonly ZipEntry[]): SortedEntries {
  const properties = new Map<string, ZipEntry>()
  const poms = new Map<string, ZipEntry>()
  const archives: ZipEntry[] = []
  let manifest: ZipEntry | undefined
  let hasClasses = false
  for (const entry of entries) {
    const { name } = entry
    if (name.endsWith('.class')) hasClasses = true
    else if (name.startsWith('META-INF/')) {
      if (name.startsWith('META-INF/maven/')) {
        if (name.endsWith('/pom.properties')) properties.set(name.slice(0, -15), entry)
        else if (name.endsWith('/pom.xml')) poms.set(name.slice(0, -8), entry)
      } else if (/^META-INF\/MANIFEST\.MF$/i.test(name)) manifest ??= entry
    }
    if (isArchiveName(name) && !isSourcesName(name)) archives.push(entry)
  }
  return { ...(manifest && { manifest }), properties, poms, archives, hasClasses }
}

/** The package that all classes have in common, of at least two segments. */
function commonPackage(entries: readonly ZipEntry[]): string | undefined {
  let common: string[] | undefined
  for (const { name } of entries) {
    if (!name.endsWith('.class') || name.startsWith('META-INF/') || !name.includes('/')) continue
    const folders = name.split('/', 8).slice(0, -1)
    if (common === undefined) common = folders
    let same = 0
    while (same < common.length && common[same] === folders[same]) same++
    common.length = same
    if (same < 2) return undefined
  }
  return common === undefined || common.length < 2 ? undefined : common.join('.')
}

function sha1Of(source: ByteSource): string {
  const hash = createHash('sha1')
  for (let at = 0; at < source.sizeBytes; at += HASH_CHUNK_BYTES) hash.update(source.at(at, HASH_CHUNK_BYTES))
  return hash.digest('hex')
}
