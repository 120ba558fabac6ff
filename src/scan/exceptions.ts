import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure } from '../lib/failure.ts'
import { type ExceptionFile, parseTrivyIgnore, parseTrivyIgnoreYaml } from '../triage/index.ts'

const MOST_BYTES = 16 * 1024 * 1024

/** Names that are looked for where no file is given, as Trivy does. */
const CONVENTIONAL = ['.trivyignore', '.trivyignore.yaml', '.trivyignore.yml']

/**
 * The exceptions that hold for a scan: those of the file given, else of the conventional files in the working directory.
 * @throws Failure of kind usage when a given file cannot be read.
 */
export function loadExceptions(file: string | undefined, cwd: string): ExceptionFile {
  if (file !== undefined) return parse(readExceptions(file), file)
  const files = CONVENTIONAL.map((name) => join(cwd, name)).filter(isFile)
  const parsed = files.map((path) => parse(readExceptions(path), basename(path)))
  return {
    exceptions: parsed.flatMap((one) => one.exceptions),
    diagnostics: parsed.flatMap((one) => one.diagnostics),
  }
}

function parse(text: string, name: string): ExceptionFile {
  return /\.ya?ml$/i.test(name) ? parseTrivyIgnoreYaml(text, name) : parseTrivyIgnore(text, name)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function readExceptions(path: string): string {
  try {
    const { size } = statSync(path)
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
