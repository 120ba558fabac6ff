import { createReadStream } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { Failure } from '../lib/failure.ts'
import { type BatchLine, batchJson, batchTable, failedLine, scannedLine } from '../report/index.ts'
import {
  type BatchOutcome,
  type ListedTarget,
  openBatch,
  parseImageList,
  type ScanIo,
  type ScanOptions,
  type UnusableTarget,
} from '../scan/index.ts'
import { scanStatus, worstStatus } from './exit-status.ts'
import { deliver } from './output.ts'
import { reportLook, reportText } from './report-text.ts'
import type { ScanSettings } from './scan-flags.ts'
import { VERSION } from './version.ts'
import { type World, write } from './world.ts'

/** Bytes of a list of images. */
const MOST_LIST_BYTES = 64 * 1024 * 1024

/** A run over many targets, as flags named it. */
export interface BatchRequest {
  readonly targets: readonly string[]
  readonly all: boolean
  readonly allPlatforms: boolean
  /** `--images-from`: a file, or `-` for standard input. */
  readonly imagesFrom: string | undefined
}

/**
 * Scans many targets, writes each report as it is finished and a summary at the end; gives the worst status: denied 1, could not be said
 * 3, findings as asked, 0. @throws Failure when the list cannot be read, or when interrupted.
 */
export async function runBatch(
  request: BatchRequest,
  settings: ScanSettings,
  scan: { readonly options: Omit<ScanOptions, 'reference'>; readonly io: ScanIo; readonly exitOnEndOfLife: number },
  world: World,
): Promise<number> {
  const listed = await listedTargets(request, world)
  const lines: BatchLine[] = []
  const report = new BatchReport(settings, world)
  const finished = async (outcome: BatchOutcome): Promise<void> => {
    const line = lineOf(outcome, settings, scan.exitOnEndOfLife)
    lines.push(line)
    await report.add(outcome)
  }
  const batch = openBatch(scan.options, scan.io, settings.parallel)
  try {
    await batch.run({ listed, all: request.all, allPlatforms: request.allPlatforms }, finished)
  } catch (error) {
    // What was finished is shown all the same: an hour's work is not lost with an interrupt.
    if (lines.length > 0) await report.close(lines)
    throw error
  } finally {
    await batch.close()
  }
  await report.close(lines)
  return worstStatus(lines.map((line) => line.status))
}

function lineOf(outcome: BatchOutcome, settings: ScanSettings, exitOnEndOfLife: number): BatchLine {
  if ('result' in outcome)
    return scannedLine(outcome, outcome.result, scanStatus({ ...settings, ...outcome.result, exitOnEndOfLife }))
  return failedLine(outcome, outcome.failure, 3)
}

async function listedTargets(
  { targets, imagesFrom }: BatchRequest,
  world: World,
): Promise<readonly (ListedTarget | UnusableTarget)[]> {
  const typed = targets.map((reference): ListedTarget => ({ reference }))
  if (imagesFrom === undefined) return typed
  const name = imagesFrom === '-' ? 'standard input' : imagesFrom
  return [...typed, ...parseImageList(await listText(imagesFrom, name, world), name)]
}

/** @throws Failure `list-unreadable`, `list-too-long`. */
async function listText(from: string, name: string, world: World): Promise<string> {
  if (from === '-') return await world.readStdin(MOST_LIST_BYTES)
  try {
    const pieces: Buffer[] = []
    let length = 0
    // As a stream, since a pipe may stand in for a file: what has no end is not read to it.
    for await (const piece of createReadStream(isAbsolute(from) ? from : join(world.cwd, from))) {
      length += piece.length
      if (length > MOST_LIST_BYTES) break
      pieces.push(piece)
    }
    if (length <= MOST_LIST_BYTES) return Buffer.concat(pieces).toString('utf8')
  } catch (error) {
    throw new Failure('list-unreadable', `cannot be read: ${(error as Error).message}`, {
      kind: 'usage',
      input: name,
      hints: ['--images-from FILE names a file with one image a line, - standard input'],
      cause: error,
    })
  }
  throw new Failure('list-too-long', `has more than ${MOST_LIST_BYTES} bytes`, { kind: 'usage', input: name })
}

/** Writes results as they come: to standard output at once, to a file when all is done, whole or not at all. */
class BatchReport {
  readonly #settings: ScanSettings
  readonly #world: World
  readonly #json: boolean
  readonly #pieces: string[] = []
  #results = 0
  #begun = false

  constructor(settings: ScanSettings, world: World) {
    this.#settings = settings
    this.#world = world
    this.#json = settings.format === 'json'
  }

  async add(outcome: BatchOutcome): Promise<void> {
    await this.#begin()
    if (!('result' in outcome)) return
    const first = this.#results++ === 0
    const { result } = outcome
    await this.#put(
      this.#json ? batchJson.result(result, VERSION, first) : `${reportText(result, this.#settings, this.#world)}\n`,
    )
  }

  async close(lines: readonly BatchLine[]): Promise<void> {
    await this.#begin()
    await this.#put(this.#json ? batchJson.close(lines) : batchTable(lines, reportLook(this.#settings, this.#world)))
    if (this.#settings.output !== undefined) await deliver(this.#pieces.join(''), this.#settings.output, this.#world)
  }

  async #begin(): Promise<void> {
    if (this.#begun) return
    this.#begun = true
    if (this.#json) await this.#put(batchJson.open(VERSION))
  }

  async #put(text: string): Promise<void> {
    if (this.#settings.output === undefined) await write(this.#world.stdout, text)
    else this.#pieces.push(text)
  }
}
