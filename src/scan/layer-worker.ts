import { serveLayerJobs } from '../reading/index.ts'
import { READERS } from './readers.ts'

serveLayerJobs(READERS)
