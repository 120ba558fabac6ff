/** Writes the page of ecosystems from the catalogers: `node tools/ecosystems.ts`. A test fails when the file is not what this writes. */
import { writeFileSync } from 'node:fs'
import { CATALOGERS, ecosystemsPage } from '../src/inventory/index.ts'

writeFileSync(new URL('../docs/ecosystems.md', import.meta.url), ecosystemsPage(CATALOGERS))
