import type { LazyRandomReader } from '../../reading/index.ts'
import type { LazyCataloger } from '../types.ts'
import type { ModelFact } from './model-fact.ts'

const modelReader: LazyRandomReader<ModelFact> = {
  id: 'model-header',
  version: 1,
  wants: {
    any: [{ suffix: '.gguf' }, { suffix: '.safetensors' }, { suffix: '.onnx' }],
    maxBytes: 16 * 1024 ** 3,
    loss: 'partial',
    digests: ['sha256'],
  },
  loadRandom: async () => (await import('./headers.ts')).readModel,
}

/** Models of machine learning, by the headers of their files. */
export const models: LazyCataloger<ModelFact> = {
  id: 'models',
  summary: "machine-learning models: headers of GGUF, safetensors, ONNX; Hugging Face's cache",
  kind: 'library',
  ecosystems: ['huggingface', 'generic'],
  yields: 'installed',
  fills: ['licences', 'hashes', 'supplier'],
  readers: [modelReader],
  load: async () => (await import('./assemble.ts')).assembleModels,
}
