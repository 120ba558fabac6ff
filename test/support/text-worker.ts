import { serveLayerJobs } from '../../src/reading/index.ts'
import { TEST_READERS } from './text-readers.ts'

serveLayerJobs(TEST_READERS)
