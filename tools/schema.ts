/** Writes the published schema of the JSON report: `node tools/schema.ts`. A test fails when the file is not what this writes. */
import { writeFileSync } from 'node:fs'
import { publishedSchema } from '../src/report/schema.ts'

writeFileSync(new URL('../docs/scan-result.schema.json', import.meta.url), publishedSchema())
