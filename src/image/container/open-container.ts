import { Failure } from '../../lib/failure.ts'
import type { ContainerTarget, OpenContext } from '../types.ts'
import { findContainerdContainer } from './containerd.ts'
import { findDockerContainer } from './docker.ts'
import { findPodmanContainer } from './podman.ts'
import { CONTAINER_PREFIX } from './prefix.ts'
import { type Answer, requireFolder } from './search.ts'

type Find = (name: string, reference: string, context: OpenContext) => Promise<Answer<ContainerTarget>>

const ENGINES: readonly (readonly [string, Find])[] = [
  ['podman', findPodmanContainer],
  ['docker', findDockerContainer],
  ['containerd', findContainerdContainer],
]

/**
 * A container by its name or the beginning of its ID, running or stopped: `container:NAME`, or `container:docker/NAME` for one of that
 * engine only. It is read from the engine's storage; nothing is run in it.
 * @throws Failure `container-not-found`, `container-ambiguous`, `container-storage-denied`, `container-storage-damaged`,
 * `container-image-unknown`, `container-vanished`.
 */
export async function openContainer(reference: string, context: OpenContext): Promise<ContainerTarget> {
  const text = reference.slice(CONTAINER_PREFIX.length)
  const slash = text.indexOf('/')
  const forced = slash < 0 ? undefined : text.slice(0, slash)
  const name = text.slice(slash + 1)
  const engines = ENGINES.filter(([id]) => forced === undefined || id === forced)
  if (engines.length === 0 || !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    throw new Failure('reference-invalid', 'it names no container', {
      kind: 'usage',
      input: reference,
      hints: [
        'container:NAME or container:ID, with podman/, docker/ or containerd/ before the name to choose an engine',
      ],
    })
  const absent: string[] = []
  let serious: Failure | undefined
  for (const [engine, find] of engines) {
    const answer = await find(name, reference, context)
    if ('found' in answer) {
      context.explain(`${engine}: has the container ${answer.found.id}`)
      requireFolder(answer.found.upper, reference)
      return answer.found
    }
    context.explain(answer.absent)
    absent.push(answer.absent)
    serious ??= answer.serious
  }
  if (serious !== undefined)
    throw new Failure(serious.code, serious.message, {
      input: `${reference} (${serious.input})`,
      hints: serious.hints,
      cause: serious,
    })
  throw new Failure('container-not-found', `no container is called so. ${absent.join('; ')}`, {
    input: reference,
    hints: [
      'podman ps -a, docker ps -a or ctr containers ls shows those that there are',
      '--podman-root, --docker-root and --containerd-root name storage that is elsewhere',
    ],
  })
}
