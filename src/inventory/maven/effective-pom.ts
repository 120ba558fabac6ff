import type { Pom, PomDependency } from './pom.ts'

/** A project file of the target, with where it lies. */
export interface PlacedPom {
  readonly path: string
  readonly pom: Pom
}

/** A dependency whose placeholders are filled in as far as the target's files can. */
export interface SettledDependency extends PomDependency {
  /** The file that names it: the project itself or a parent. */
  readonly path: string
}

/** A project with everything that its parents and the BOMs that it imports add (https://maven.apache.org/ref/current/maven-model-builder/). */
export interface EffectivePom {
  readonly group: string
  readonly artifact: string
  readonly version: string
  /** By `group:artifact`, or `group:artifact:type:classifier` where it is not a plain jar. */
  readonly managed: ReadonlyMap<string, PomDependency>
  readonly dependencies: readonly SettledDependency[]
}

const MAX_PARENTS = 32
const MAX_IMPORT_DEPTH = 16
const MAX_ROUNDS = 32
const MAX_VALUE = 2048
const MAX_MANAGED = 50_000

/** All project files of a target, by place and by coordinates; effective ones are made once each. */
export class PomSet {
  readonly #byPath: ReadonlyMap<string, PlacedPom>
  readonly #byCoordinates = new Map<string, PlacedPom>()
  readonly #effective = new Map<string, EffectivePom>()

  constructor(poms: readonly PlacedPom[]) {
    this.#byPath = new Map(poms.map((placed) => [placed.path, placed]))
    for (const placed of poms) {
      const key = ownCoordinates(placed.pom)
      if (key !== undefined && !this.#byCoordinates.has(key)) this.#byCoordinates.set(key, placed)
    }
  }

  /** The project file of an artifact: one in the tree, or in a local repository that lies there. */
  find(group: string, artifact: string, version: string): PlacedPom | undefined {
    return this.#byCoordinates.get(`${group}:${artifact}:${version}`)
  }

  effective(placed: PlacedPom): EffectivePom {
    return this.#made(placed, 0)
  }

  #made(placed: PlacedPom, depth: number): EffectivePom {
    const known = this.#effective.get(placed.path)
    if (known !== undefined) return known
    const lineage = this.#lineage(placed)
    const values = propertiesOf(lineage)
    const fill = (text: string) => filled(text, values)
    const settled = (dependency: PomDependency) => filledDependency(dependency, fill)
    const managed = new Map<string, PomDependency>()
    // Until it is done, one that imports itself sees nothing of itself.
    const own: EffectivePom = {
      group: fill(values.get('project.groupId') ?? ''),
      artifact: fill(placed.pom.artifact ?? ''),
      version: fill(values.get('project.version') ?? ''),
      managed,
      dependencies: lineage.flatMap(({ path, pom }) => pom.dependencies.map((one) => ({ ...settled(one), path }))),
    }
    this.#effective.set(placed.path, own)
    const imports: PomDependency[] = []
    for (const { pom } of lineage) {
      for (const one of pom.managed) {
        const dependency = settled(one)
        if (dependency.scope === 'import' && dependency.type === 'pom') imports.push(dependency)
        else this.#manage(managed, dependency)
      }
    }
    for (const { group, artifact, version } of depth < MAX_IMPORT_DEPTH ? imports : []) {
      const bom = this.find(group, artifact, version ?? '')
      if (bom === undefined) continue
      for (const dependency of this.#made(bom, depth + 1).managed.values()) this.#manage(managed, dependency)
    }
    return own
  }

  /** Whoever is first wins: the project before its parents, they before BOMs, BOMs in their order. */
  #manage(managed: Map<string, PomDependency>, dependency: PomDependency): void {
    const key = managementKey(dependency)
    if (!managed.has(key) && managed.size < MAX_MANAGED) managed.set(key, dependency)
  }

  /** The project and its parents, nearest first. */
  #lineage(placed: PlacedPom): PlacedPom[] {
    const lineage = [placed]
    const seen = new Set([placed.path])
    for (let at: PlacedPom | undefined = placed; at !== undefined && lineage.length < MAX_PARENTS; ) {
      at = this.#parentOf(at)
      if (at === undefined || seen.has(at.path)) break
      seen.add(at.path)
      lineage.push(at)
    }
    return lineage
  }

  #parentOf({ path, pom }: PlacedPom): PlacedPom | undefined {
    const { parent } = pom
    if (parent === undefined) return undefined
    const relative = parent.relativePath ?? '../pom.xml'
    const near = relative === '' ? undefined : this.#at(path, relative)
    if (near !== undefined && near.pom.artifact === parent.artifact) return near
    const version = filled(parent.version, new Map(pom.properties))
    return this.find(parent.group, parent.artifact, version)
  }

  #at(from: string, relative: string): PlacedPom | undefined {
    const parts = from.split('/').slice(0, -1)
    for (const part of relative.split('/')) {
      if (part === '..') {
        if (parts.pop() === undefined) return undefined
      } else if (part !== '.' && part !== '') parts.push(part)
    }
    const path = parts.join('/')
    return this.#byPath.get(path) ?? this.#byPath.get(path === '' ? 'pom.xml' : `${path}/pom.xml`)
  }
}

/** How `dependencyManagement` recognises what it is about: type and classifier count where they are not a plain jar's. */
export function managementKey({ group, artifact, type, classifier }: PomDependency): string {
  const plain = (type === undefined || type === 'jar') && classifier === undefined
  return plain ? `${group}:${artifact}` : `${group}:${artifact}:${type ?? 'jar'}:${classifier ?? ''}`
}

function ownCoordinates(pom: Pom): string | undefined {
  const values = propertiesOf([{ path: '', pom }])
  const [group, version] = [values.get('project.groupId') ?? '', values.get('project.version') ?? '']
  if (pom.artifact === undefined || group === '' || version === '') return undefined
  return `${filled(group, values)}:${filled(pom.artifact, values)}:${filled(version, values)}`
}

/** What placeholders stand for; a project's own properties win over its parents'. */
function propertiesOf(lineage: readonly PlacedPom[]): Map<string, string> {
  const values = new Map<string, string>()
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && !values.has(name)) values.set(name, value)
  }
  for (const { pom } of lineage) {
    // A later property of the same name replaces the earlier in one file.
    for (const [name, value] of new Map(pom.properties)) set(name, value)
  }
  const [{ pom }] = lineage
  const [group, version] = [pom.group ?? pom.parent?.group, pom.version ?? pom.parent?.version]
  for (const prefix of ['project.', 'pom.', '']) {
    set(`${prefix}groupId`, group)
    set(`${prefix}artifactId`, pom.artifact)
    set(`${prefix}version`, version)
  }
  for (const prefix of ['project.', '']) {
    set(`${prefix}parent.groupId`, pom.parent?.group)
    set(`${prefix}parent.version`, pom.parent?.version)
  }
  return values
}

/** The text with its placeholders filled in, as far as they are known: those of circles stay, and no value grows beyond 2,048 characters. */
function filled(text: string, values: ReadonlyMap<string, string>): string {
  let value = text
  for (let round = 0; round < MAX_ROUNDS && value.includes('${'); round++) {
    const next = value.replace(/\$\{([^${}]{1,256})\}/g, (whole, name: string) => values.get(name.trim()) ?? whole)
    if (next === value || next.length > MAX_VALUE) break
    value = next
  }
  return value
}

function filledDependency(dependency: PomDependency, fill: (text: string) => string): PomDependency {
  const { version, scope, type, classifier } = dependency
  return {
    ...dependency,
    group: fill(dependency.group),
    artifact: fill(dependency.artifact),
    ...(version !== undefined && { version: fill(version) }),
    ...(scope !== undefined && { scope: fill(scope) }),
    ...(type !== undefined && { type: fill(type) }),
    ...(classifier !== undefined && { classifier: fill(classifier) }),
  }
}
