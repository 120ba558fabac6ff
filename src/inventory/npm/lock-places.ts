import { asObject, type JsonObject, member, textMember } from '../json-document.ts'

const FOLDER = 'node_modules/'
const MAX_PACKAGES = 500_000
const MAX_EDGES = 2_000_000
const ASKED = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
const NEEDED = ['dependencies', 'optionalDependencies', 'peerDependencies']

/** One entry of a lockfile, in either form. */
export interface LockEntry {
  readonly name: string
  readonly object: JsonObject
  /** Key of its lines. */
  readonly lineKey: string
  /** Lies directly in the project's `node_modules`. */
  readonly top: boolean
  /** Positions of the entries that it depends on. */
  readonly dependsOn: readonly number[]
  readonly direct?: boolean
}

/** The entries of a lockfile with who depends on whom, by Node's rule of looking upwards; undefined when it has none of either form. */
export function placesOf(lock: JsonObject): LockEntry[] | undefined {
  const packages = asObject(member(lock, 'packages'))
  if (packages !== undefined) return flatPlaces(packages)
  const dependencies = asObject(member(lock, 'dependencies'))
  if (dependencies !== undefined) return nestedPlaces(dependencies)
  // A project without dependencies has a lockfile of nothing but its own name.
  const isEmpty = member(lock, 'packages') === undefined && member(lock, 'dependencies') === undefined
  const isLock = member(lock, 'lockfileVersion') !== undefined || member(lock, 'requires') !== undefined
  return isEmpty && isLock ? [] : undefined
}

/** How many entries of a lockfile are not what an entry is: an object. */
export function shapelessEntries(lock: JsonObject): number {
  const entries = asObject(member(lock, 'packages')) ?? asObject(member(lock, 'dependencies')) ?? {}
  return Object.keys(entries).filter((key) => asObject(entries[key]) === undefined).length
}

/** Versions 2 and 3: places as keys, `node_modules/a/node_modules/b`, `packages/own`. */
function flatPlaces(packages: JsonObject): LockEntry[] {
  const places = new Map<string, JsonObject>()
  const links = new Map<string, string>()
  for (const place of Object.keys(packages)) {
    const object = asObject(packages[place])
    if (object === undefined || place === '' || places.size >= MAX_PACKAGES) continue
    const target = textMember(object, 'resolved')
    if (member(object, 'link') !== true) places.set(place, object)
    else if (target !== undefined) links.set(place, target)
  }
  const positions = new Map([...places.keys()].map((place, index) => [place, index]))
  const find = (from: string, name: string): number | undefined => {
    for (const place of candidates(from, name)) {
      const position = positions.get(links.get(place) ?? place)
      if (position !== undefined) return position
    }
    return undefined
  }
  const direct = new Set<number | undefined>()
  const ownFolders = ['', ...[...places.keys()].filter((place) => !place.includes(FOLDER))]
  for (const folder of ownFolders)
    for (const name of namesIn(asObject(packages[folder]), ASKED)) direct.add(find(folder, name))
  let edges = 0
  return [...places].map(([place, object], index) => {
    const dependsOn = namesIn(object, NEEDED).flatMap((name) => {
      const position = edges < MAX_EDGES ? find(place, name) : undefined
      if (position === undefined || position === index) return []
      edges++
      return [position]
    })
    const cut = place.lastIndexOf(FOLDER)
    const placeName = cut < 0 ? place.slice(place.lastIndexOf('/') + 1) : place.slice(cut + FOLDER.length)
    const name = textMember(object, 'name') ?? placeName
    return { name, object, lineKey: `packages\0${place}`, top: cut === 0, dependsOn, direct: direct.has(index) }
  })
}

/** Where Node looks for `name` from a folder: its own `node_modules`, then that of every folder above. */
function* candidates(from: string, name: string): Generator<string, void, undefined> {
  let folder = from
  // A path of more segments than this is no path of a file system.
  for (let i = 0; i < 256 && folder !== ''; i++) {
    if (!folder.endsWith('/node_modules') && folder !== 'node_modules') yield `${folder}/${FOLDER}${name}`
    const slash = folder.lastIndexOf('/')
    folder = slash < 0 ? '' : folder.slice(0, slash)
  }
  yield `${FOLDER}${name}`
}

interface Nested {
  readonly name: string
  readonly object: JsonObject
  readonly lineKey: string
  readonly parent: number | undefined
  /** Positions of the packages inside it, by name. */
  readonly inside: Map<string, number>
}

/** Version 1: packages inside packages, each with the names that it requires. */
function nestedPlaces(dependencies: JsonObject): LockEntry[] {
  const found: Nested[] = []
  const top = new Map<string, number>()
  const waiting: { readonly of: JsonObject; readonly key: string; readonly parent: number | undefined }[] = [
    { of: dependencies, key: 'dependencies', parent: undefined },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of Object.keys(next.of)) {
      const object = asObject(next.of[name])
      if (object === undefined || found.length >= MAX_PACKAGES) continue
      const position = found.length
      // A key grows with its depth; below the depth that lines are looked for in it is of no use.
      const lineKey = next.key.length < 8192 ? `${next.key}\0${name}` : ''
      found.push({ name, object, lineKey, parent: next.parent, inside: new Map() })
      const siblings = next.parent === undefined ? top : found[next.parent].inside
      siblings.set(name, position)
      const inner = asObject(member(object, 'dependencies'))
      if (inner !== undefined) waiting.push({ of: inner, key: lineKey && `${lineKey}\0dependencies`, parent: position })
    }
  }
  let steps = 0
  const find = (from: number, name: string): number | undefined => {
    for (let at: number | undefined = from; at !== undefined && steps < MAX_EDGES; at = found[at].parent) {
      steps++
      const position = found[at].inside.get(name)
      if (position !== undefined) return position
    }
    return top.get(name)
  }
  return found.map(({ name, object, lineKey, parent }, index) => {
    const dependsOn = namesIn(object, ['requires']).flatMap((wanted) => {
      const position = find(index, wanted)
      return position === undefined || position === index ? [] : [position]
    })
    return { name, object, lineKey, top: parent === undefined, dependsOn }
  })
}

/** Names that one of the given members of a manifest or lock entry lists as keys. */
export function namesIn(object: JsonObject | undefined, members: readonly string[]): string[] {
  if (object === undefined) return []
  return members.flatMap((key) => Object.keys(asObject(member(object, key)) ?? {}))
}
