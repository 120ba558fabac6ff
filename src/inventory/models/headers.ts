import type { RandomFile, ReadResult } from '../../reading/index.ts'
import { asObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { ggufFact } from './gguf.ts'
import type { ModelFact } from './model-fact.ts'
import { repositoryOf } from './model-fact.ts'
import { onnxFact } from './onnx.ts'

/** Largest header of safetensors that is read; the format allows 100 MB. */
const MAX_HEADER_BYTES = 32 * 1024 ** 2

/** What the header of a model's file says, by the format that its name gives; only the header is read. */
export function readModel(file: RandomFile): ReadResult<ModelFact> {
  const parsed = factOf(file)
  if ('format' in parsed) return { facts: [parsed], diagnostics: [] }
  const message = `the header of the model could not be read: ${parsed.problem}`
  return { facts: [], diagnostics: [{ code: 'model-unreadable', message, path: file.path, effect: 'partial' }] }
}

function factOf(file: RandomFile): ModelFact | { readonly problem: string } {
  if (file.path.endsWith('.gguf')) return ggufFact(file)
  return file.path.endsWith('.onnx') ? onnxFact(file) : safetensorsFact(file)
}

/**
 * safetensors (https://huggingface.co/docs/safetensors/index#format): the length of a JSON header, then the header, whose `__metadata__` holds texts;
 * those of ModelSpec (https://github.com/Stability-AI/ModelSpec) say what it is.
 */
function safetensorsFact(file: RandomFile): ModelFact | { readonly problem: string } {
  const head = Buffer.from(file.at(0, 8))
  if (head.length < 8) return { problem: 'it breaks off' }
  const length = Number(head.readBigUInt64LE())
  if (length > file.sizeBytes - 8) return { problem: 'it breaks off' }
  if (length > MAX_HEADER_BYTES) return { problem: `it is larger than ${MAX_HEADER_BYTES} bytes` }
  const parsed = parseJsonObject(file.at(8, length))
  if ('problem' in parsed) return parsed
  const metadata = asObject(member(parsed.object, '__metadata__')) ?? {}
  const said = (key: string) => textMember(metadata, key) || undefined
  return {
    format: 'safetensors',
    name: said('modelspec.title') ?? said('name'),
    version: said('modelspec.version') ?? said('version'),
    licence: said('modelspec.license') ?? said('license'),
    author: said('modelspec.author') ?? said('author'),
    repository: repositoryOf(said('repo_id') ?? said('modelspec.repository')),
  }
}
