import { DOORS, type ImageDoor, listRepositories, listTags, type OpenContext, parseImageName } from '../image/index.ts'
import { asFailure, Failure } from '../lib/failure.ts'
import type { ListedTarget, UnusableTarget } from './image-list.ts'
import type { RegistryLists } from './registry-pattern.ts'

/** What a command line names. */
export interface TargetRequest {
  /** As they were typed or listed; a repository or tag may hold `*`. */
  readonly listed: readonly (ListedTarget | UnusableTarget)[]
  /** Every image that the engines of this machine hold. */
  readonly all: boolean
  /** Every platform that an image has. */
  readonly allPlatforms: boolean
}

/**
 * The targets that a command line means, one after the other: patterns and `--all` expanded, each image once for each platform where
 * that is asked. What cannot be expanded is a target with a failure.
 * @throws Failure of kind usage where `--all` finds no engine at all.
 */
export async function* expandTargets(
  request: TargetRequest,
  context: OpenContext,
): AsyncGenerator<ListedTarget | UnusableTarget> {
  const seen = new Set<string>()
  for await (const target of named(request, context)) {
    if (seen.has(target.reference) && !('failure' in target)) continue
    seen.add(target.reference)
    if ('failure' in target || !request.allPlatforms) yield target
    else yield* platformsOf(target, context)
  }
}

async function* named(
  { listed, all }: TargetRequest,
  context: OpenContext,
): AsyncGenerator<ListedTarget | UnusableTarget> {
  for (const target of listed) {
    if ('failure' in target || !isPattern(target.reference)) yield target
    else yield* matching(target, context)
  }
  if (all) yield* held(context)
}

/** Everything that the engines hold; one that cannot be asked is a failure of its own. */
async function* held(context: OpenContext): AsyncGenerator<ListedTarget | UnusableTarget> {
  let engines = 0
  for (const door of enginesOf(context)) {
    let references: readonly string[] | undefined
    try {
      references = await door.list?.(context)
    } catch (error) {
      yield { reference: door.prefix, from: '--all', failure: asFailure(error, door.id) }
      engines++
      continue
    }
    if (references === undefined) context.explain(`${door.id}: not here`)
    else {
      engines++
      context.explain(`${door.id}: holds ${references.length} images`)
      // What one engine holds is opened there, whatever other doors have under that name.
      for (const name of references)
        yield { reference: name.startsWith(door.prefix) ? name : door.prefix + name, from: door.id }
    }
  }
  if (engines > 0) return
  throw new Failure('no-engine', '--all scans the images of an engine, and none was found on this machine', {
    kind: 'usage',
    input: '--all',
    hints: ['--debug shows where was looked', '--docker-root, --podman-root, --containerd-root name their storage'],
  })
}

function enginesOf({ doors }: OpenContext): readonly ImageDoor[] {
  return DOORS.filter(({ id, list }) => list !== undefined && id !== 'registry' && (doors?.includes(id) ?? true))
}

/** A star in what can only be an image's name. */
function isPattern(reference: string): boolean {
  return reference.includes('*') && !/^(\.{0,2}\/|[a-z-]+-(archive|layout):|dir:|file:)/.test(reference)
}

/** The images of a registry that a pattern means: `registry.example/team/*`, `registry.example/app:1.*`. */
async function* matching(target: ListedTarget, context: OpenContext): AsyncGenerator<ListedTarget | UnusableTarget> {
  const pattern = target.reference.replace(/^registry:/, '')
  try {
    const { listMatching } = await import('./registry-pattern.ts')
    let count = 0
    for await (const reference of listMatching(pattern, listsOf(context))) {
      count++
      yield { reference, from: target.reference }
    }
    if (count > 0) return
    throw new Failure('no-image-matches', 'no image of the registry has such a name', {
      input: target.reference,
      hints: ['* stands for part of one name, ** crosses slashes; without a tag, latest is meant: add :* for all tags'],
    })
  } catch (error) {
    yield { ...target, failure: asFailure(error, target.reference) }
  }
}

/** What the registries of this run list. */
function listsOf(context: OpenContext): RegistryLists {
  return {
    repositories: (domain) => listRepositories(domain, context),
    tags: (domain, path) => listTags({ text: `${domain}/${path}`, domain, path }, context),
  }
}

/** One target for each platform of an image; the image itself where no door tells them apart. */
async function* platformsOf(target: ListedTarget, context: OpenContext): AsyncGenerator<ListedTarget | UnusableTarget> {
  const forced = DOORS.find(({ prefix }) => target.reference.startsWith(prefix))
  const doors = forced === undefined ? DOORS.filter(({ id }) => context.doors?.includes(id) ?? true) : [forced]
  try {
    const name = parseImageName(target.reference.slice(forced?.prefix.length ?? 0))
    for (const door of doors) {
      const platforms = await door.platforms?.(name, context)
      if (platforms === undefined || platforms.length === 0) continue
      for (const { reference } of platforms) yield { ...target, reference }
      return
    }
    yield target
  } catch (error) {
    yield { ...target, failure: asFailure(error, target.reference) }
  }
}
