import type { Component } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { type Dependent, dependsOn } from '../depends-on.ts'
import { javaVersion } from '../jdk/java-version.ts'
import { libraryComponent } from '../library-component.ts'
import { packageUrl } from '../package-url.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import { BITNAMI_NAMES } from './advisory-sources.ts'
import { PROGRAMS } from './programs/index.ts'
import type { Program } from './programs/program.ts'
import type { RecognisedProgram } from './recognise.ts'

/** A text in a program is good evidence, not proof: another program may carry it too. */
const CONFIDENCE = 0.8
const byId = new Map(PROGRAMS.map((program) => [program.id, program]))

/** Components of the programs that are in the final image, and which of them are linked to which. */
export function assembleBinaries(rows: readonly PlacedRow<RecognisedProgram>[], context: AssembleContext): Assembled {
  const components: Component[] = []
  const linked: Dependent[] = []
  for (const row of rows) {
    if (!row.wins) continue
    for (const fact of row.facts) {
      const program = byId.get(fact.id)
      if (program && !(isJava(program) && hasReleaseFile(row.path, context))) {
        const component = componentOf(program, fact, row, context)
        components.push(component)
        linked.push({
          id: component.id,
          names: fact.soname === undefined ? [] : [fact.soname],
          provides: [],
          needs: () => (fact.needed ?? []).map((library) => [library]),
        })
      }
    }
  }
  return { components, relations: dependsOn(linked), diagnostics: [] }
}

function componentOf(
  { id, purl: [namespace, name], cpes }: Program,
  { version, offset }: RecognisedProgram,
  row: PlacedRow,
  context: AssembleContext,
): Component {
  const bitnami = BITNAMI_NAMES.get(id)
  const pkg = {
    purl: packageUrl({ type: 'generic', namespace, name, version }),
    name: bitnami ?? name,
    version: bitnami === 'java' ? javaVersion(version) : version,
    ecosystem: bitnami === undefined ? 'generic' : 'Bitnami',
    presence: 'installed' as const,
    cpes: cpes.map(([vendor, product]) => `cpe:2.3:a:${vendor}:${product}:${escaped(version)}:*:*:*:*:*:*:*`),
    offset,
    confidence: CONFIDENCE,
  }
  return libraryComponent(pkg, row, context)
}

/** As CPE 2.3 writes what is no letter, digit, dot, dash or underscore (NISTIR 7695, 6.2). */
function escaped(version: string): string {
  return version.replace(/[^\w.-]/g, (char) => `\\${char}`)
}

function isJava({ id }: Program): boolean {
  return BITNAMI_NAMES.get(id) === 'java' || id === 'graalvm'
}

/** Whether the folder of this Java, two above its launcher, says itself what it is: then this is a second sight of the same. */
function hasReleaseFile(path: string, context: AssembleContext): boolean {
  const folders = path.split('/').slice(0, -1)
  return [1, 2].some((up) => {
    const folder = folders.slice(0, Math.max(0, folders.length - up))
    return context.tree.resolve([...folder, 'release'].join('/')) !== undefined
  })
}
