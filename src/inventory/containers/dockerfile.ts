import { Buffer } from 'node:buffer'
import type { FileBytes, FileReader, ReadResult } from '../../reading/index.ts'
import { RecordProblems } from '../record-problems.ts'
import { quoted } from '../recorded-text.ts'
import type { Cataloger } from '../types.ts'
import { type DockerfileStep, dockerfileSteps } from './dockerfile-steps.ts'
import { CONTAINER_IMAGES, imageComponent, splitReference } from './image-package.ts'
import { substituted } from './substitution.ts'

/** An image that a stage of a Dockerfile begins with. */
export interface BaseImage {
  /** As written, arguments replaced, without tag and digest. */
  readonly name: string
  /** Its digest, or its tag. */
  readonly version: string
  readonly lines: readonly [number, number]
}

const MAX_DOCKERFILE_BYTES = 1024 ** 2
const SUFFIXES = ['.Dockerfile', '.dockerfile', '.Containerfile', '.containerfile']
const NAMES = ['Dockerfile', 'dockerfile', 'Containerfile', 'containerfile']
/** BuildKit sets these itself (docs.docker.com/reference/dockerfile, "Automatic platform ARGs in the global scope"). */
const PLATFORM = /^(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT)$/

/** Reads the base images of a Dockerfile or Containerfile. */
export const dockerfileReader: FileReader<BaseImage> = {
  id: 'dockerfile-base-images',
  version: 1,
  wants: {
    any: [...NAMES.map((name) => ({ name })), ...SUFFIXES.map((suffix) => ({ suffix }))],
    maxBytes: MAX_DOCKERFILE_BYTES,
    loss: 'partial',
  },
  read,
}

/** Images that a source folder's Dockerfiles build on. */
export const dockerfile: Cataloger<BaseImage> = {
  id: 'dockerfile',
  summary: 'base images: FROM of Dockerfile, Containerfile',
  kind: 'library',
  ecosystems: [CONTAINER_IMAGES],
  yields: 'declared',
  fills: ['lines'],
  readers: [dockerfileReader],
  assemble(rows, context) {
    const components = rows
      .filter((row) => row.wins)
      .flatMap((row) => row.facts.map((fact) => imageComponent({ ...fact, presence: 'declared' }, row, context)))
    return { components, relations: [], diagnostics: [] }
  },
}

/**
 * The images after `FROM` (docs.docker.com/reference/dockerfile, "FROM" and "Understand how ARG and FROM interact"): arguments of the file's
 * head replaced by their defaults, `scratch` and earlier stages left out.
 */
function read({ path, bytes }: FileBytes): ReadResult<BaseImage> {
  const problems = new RecordProblems('base-image-unknown', path)
  const facts: BaseImage[] = []
  const stages = new Set<string>()
  const values = new Map<string, string>()
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  for (const step of dockerfileSteps(text)) {
    if (step.name === 'ARG' && stages.size === 0) for (const word of step.words) declare(word, values)
    if (step.name !== 'FROM') continue
    const { image, stage } = imageOf(step)
    const name = image === undefined ? undefined : substituted(image, values)
    if (name !== 'scratch' && !(name !== undefined && stages.has(name.toLowerCase()))) {
      const fact = factOf(name, step)
      if (fact !== undefined) facts.push(fact)
      else
        problems.add(
          `line ${step.lines[0]}: the base image ${quoted(image ?? '')} is not known without build arguments`,
        )
    }
    // A stage without a name ends the head of the file too.
    stages.add(stage === undefined ? `\0${stages.size}` : stage.toLowerCase())
  }
  return { facts, diagnostics: problems.diagnostics().map((one) => ({ ...one, effect: 'notice' as const })) }
}

/** `ARG NAME[=DEFAULT]`: without a default nothing is known of it. */
function declare(word: string, values: Map<string, string>): void {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word : word.slice(0, equals)
  if (!/^[A-Za-z_]\w*$/.test(name) || PLATFORM.test(name)) return
  const value = equals < 0 ? undefined : substituted(word.slice(equals + 1), values)
  if (value === undefined) values.delete(name)
  else values.set(name, value)
}

/** `FROM [--platform=…] IMAGE [AS STAGE]`. */
function imageOf({ words }: DockerfileStep): { readonly image?: string; readonly stage?: string } {
  const [image, as, stage] = words.filter((word) => !word.startsWith('--'))
  return { image, ...(as?.toLowerCase() === 'as' && stage !== undefined ? { stage } : {}) }
}

function factOf(text: string | undefined, { lines }: DockerfileStep): BaseImage | undefined {
  const reference = text === undefined ? undefined : splitReference(text)
  if (reference === undefined) return undefined
  return { name: reference.name, version: reference.digest ?? reference.tag ?? 'latest', lines }
}
