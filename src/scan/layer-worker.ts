import { enableCompileCache } from 'node:module'
import { workerData } from 'node:worker_threads'

// A thread does not share its process's compile cache by itself; what is loaded after this comes from it.
if (typeof workerData?.compiled === 'string') enableCompileCache(workerData.compiled)
const [{ serveLayerJobs }, { WORKER_READERS }] = await Promise.all([
  import('../reading/index.ts'),
  import('./readers.ts'),
])
serveLayerJobs(WORKER_READERS)
