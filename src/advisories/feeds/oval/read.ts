import { Failure } from '../../../lib/failure.ts'
import type { OpenDocument } from '../types.ts'
import { childOf, childrenOf, type XmlElement, xmlElements } from '../xml-elements.ts'

/** A definition that cannot be read, and why; the others still count. */
export interface WrongDefinition {
  readonly wrong: string
  readonly reason: string
}

/** What a definition says, its tests resolved. */
export interface OvalDefinition {
  /** `oval:com.oracle.elsa:def:20070057`. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly platforms: readonly string[]
  readonly references: readonly { readonly source: string; readonly id: string; readonly url: string }[]
  /** `metadata`, for what each publisher adds to it. */
  readonly metadata: XmlElement
  /** Ways to meet the definition: each is a set of tests that hold together. */
  readonly ways: readonly (readonly OvalTest[])[]
}

/** A test of an RPM, as far as it is one. */
export interface OvalTest {
  readonly comment: string
  readonly name?: string
  readonly evr?: { readonly operation: string; readonly value: string }
  readonly version?: { readonly operation: string; readonly value: string }
  readonly release?: { readonly operation: string; readonly value: string }
  readonly arch?: { readonly operation: string; readonly value: string }
}

/** References to tests that all ways of a document may hold, and those of one definition. */
const MAX_REFERENCES = 4_000_000
const MAX_OF_DEFINITION = 200_000
const MAX_DEPTH = 64

interface Reference {
  readonly test: string
  readonly comment: string
}

interface Draft {
  readonly definition: Omit<OvalDefinition, 'ways'>
  readonly ways: readonly (readonly Reference[])[]
}

/**
 * The definitions of an OVAL 5 document about RPMs (https://oval.mitre.org/language/version5.11/): tests, objects and states stand behind the
 * definitions that refer to them, so that those are held until all is read. Throws `Failure` that names the document for what is none.
 */
export async function readOval({
  chunks,
  input,
}: Pick<OpenDocument, 'chunks' | 'input'>): Promise<readonly (OvalDefinition | WrongDefinition)[]> {
  const drafts: (Draft | WrongDefinition)[] = []
  const tests = new Map<string, { readonly object: string; readonly state: string }>()
  const objects = new Map<string, string>()
  const states = new Map<string, Omit<OvalTest, 'name' | 'comment'>>()
  let references = 0
  const wanted = new Set(['definition', 'rpminfo_test', 'rpminfo_object', 'rpminfo_state'])
  for await (const element of xmlElements(chunks, input, { root: ['oval_definitions'], wanted })) {
    const id = element.attributes.get('id') ?? ''
    if (element.name === 'definition') {
      const draft = draftOf(element, id)
      if ('ways' in draft) references += draft.ways.reduce((sum, way) => sum + way.length, 0)
      if (references > MAX_REFERENCES)
        throw new Failure('feed-oval', `${input} refers to more than ${MAX_REFERENCES} tests`, { input })
      drafts.push(draft)
    } else if (element.name === 'rpminfo_test') {
      const object = childOf(element, 'object')?.attributes.get('object_ref') ?? ''
      tests.set(id, { object, state: childOf(element, 'state')?.attributes.get('state_ref') ?? '' })
    } else if (element.name === 'rpminfo_object') objects.set(id, childOf(element, 'name')?.text ?? '')
    else states.set(id, stateOf(element))
  }
  if (drafts.length === 0) throw new Failure('feed-oval', `${input} holds no definitions`, { input })
  return drafts.map((draft) => {
    if ('wrong' in draft) return draft
    const ways = draft.ways.map((way) =>
      way.map(({ test, comment }): OvalTest => {
        const found = tests.get(test)
        const name = found && objects.get(found.object)
        return { comment, ...(name === undefined ? {} : { name }), ...(found && states.get(found.state)) }
      }),
    )
    return { ...draft.definition, ways }
  })
}

function draftOf(element: XmlElement, id: string): Draft | WrongDefinition {
  const metadata = childOf(element, 'metadata')
  if (metadata === undefined) return { wrong: id, reason: 'it says nothing of itself' }
  const ways = waysOf(childOf(element, 'criteria'))
  if (ways === undefined) return { wrong: id, reason: 'its criteria have no end' }
  const affected = childOf(metadata, 'affected')
  return {
    definition: {
      id,
      title: oneLine(childOf(metadata, 'title')?.text),
      description: childOf(metadata, 'description')?.text ?? '',
      platforms: affected === undefined ? [] : childrenOf(affected, 'platform').map((one) => one.text),
      references: childrenOf(metadata, 'reference').map((one) => ({
        source: one.attributes.get('source') ?? '',
        id: one.attributes.get('ref_id') ?? '',
        url: one.attributes.get('ref_url') ?? '',
      })),
      metadata,
    },
    ways,
  }
}

function oneLine(text: string | undefined): string {
  return (text ?? '').replaceAll(/\s+/g, ' ').trim()
}

/** Raised within {@link waysOf} only. */
class TooMany extends Error {}

/**
 * The ways through a tree of criteria: what stands under `OR` are so many ways, what stands under `AND` holds together, so that ways of two
 * children are combined. Undefined for a tree that is too deep or has too many. The depth is bounded, and so the recursion.
 */
function waysOf(root: XmlElement | undefined): readonly (readonly Reference[])[] | undefined {
  if (root === undefined) return []
  try {
    return waysBelow(root, 0)
  } catch (error) {
    if (error instanceof TooMany) return undefined
    throw error
  }
}

function waysBelow(criteria: XmlElement, depth: number): readonly (readonly Reference[])[] {
  if (depth > MAX_DEPTH) throw new TooMany()
  const leaves = childrenOf(criteria, 'criterion').map((one) => ({
    test: one.attributes.get('test_ref') ?? '',
    comment: one.attributes.get('comment') ?? '',
  }))
  const below = childrenOf(criteria, 'criteria').map((child) => waysBelow(child, depth + 1))
  if (criteria.attributes.get('operator') === 'OR') return [...leaves.map((leaf) => [leaf]), ...below.flat()]
  let ways: readonly (readonly Reference[])[] = [leaves]
  for (const others of below) {
    if (others.length === 0) continue
    // Counted before anything is copied.
    const size = (of: readonly (readonly Reference[])[]) => of.reduce((sum, way) => sum + way.length, 0)
    if (size(ways) * others.length + size(others) * ways.length > MAX_OF_DEFINITION) throw new TooMany()
    ways = ways.flatMap((way) => others.map((other) => [...way, ...other]))
  }
  return ways
}

function stateOf(element: XmlElement): Omit<OvalTest, 'name' | 'comment'> {
  const state: Record<string, { operation: string; value: string }> = {}
  for (const child of element.children)
    if (['evr', 'version', 'release', 'arch'].includes(child.name))
      state[child.name] = { operation: child.attributes.get('operation') ?? 'equals', value: child.text }
  return state
}
