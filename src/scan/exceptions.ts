import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure } from '../lib/failure.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Finding } from '../model/finding.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Triaged } from '../triage/index.ts'

const MOST_BYTES = 16 * 1024 * 1024

/** Names that are looked for where no file is given, as Trivy does. */
const CONVENTIONAL = ['.trivyignore', '.trivyignore.yaml', '.trivyignore.yml']

/** Settles what the exceptions of a scan except. */
export interface Exceptions {
  readonly diagnostics: readonly Diagnostic[]
  apply(findings: readonly Finding[], inventory: Inventory, now: Date): Triaged
}

/**
 * The exceptions that hold for a scan: those of the file given, else of the conventional files in the working directory.
 * @throws Failure of kind usage when a given file cannot be read.
 */
export async function loadExceptions(file: string | undefined, cwd: string): Promise<Exceptions> {
  const paths = file !== undefined ? [file] : CONVENTIONAL.map((name) => join(cwd, name)).filter(isFile)
  // Most scans have none, and then the parsers are not loaded.
  if (paths.length === 0) return { diagnostics: [], apply: (findings) => ({ findings, diagnostics: [] }) }
  const { applyExceptions, parseTrivyIgnore, parseTrivyIgnoreYaml } = await import('../triage/index.ts')
  const parsed = paths.map((path) => {
    const name = file ?? basename(path)
    return (/\.ya?ml$/i.test(name) ? parseTrivyIgnoreYaml : parseTrivyIgnore)(readExceptions(path), name)
  })
  const exceptions = parsed.flatMap((one) => one.exceptions)
  return {
    diagnostics: parsed.flatMap((one) => one.diagnostics),
    apply: (findings, inventory, now) => applyExceptions(findings, inventory, exceptions, now),
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function readExceptions(path: string): string {
  try {
    const found = statSync(path)
    // A pipe or a device would never end, or never begin.
    if (!found.isFile()) throw new Error('it is not a regular file')
    const { size } = found
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes; ${MOST_BYTES} are the most`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure('exceptions-unreadable', `the exception file cannot be read: ${(error as Error).message}`, {
      kind: 'usage',
      input: path,
      cause: error,
    })
  }
}
