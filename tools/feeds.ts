/** Writes the page of feeds from the feeds: `node tools/feeds.ts`. A test fails when the file is not what this writes. */
import { writeFileSync } from 'node:fs'
import { FEEDS } from '../src/advisories/feeds/index.ts'
import { feedsPage } from '../src/advisories/feeds/page.ts'

writeFileSync(new URL('../docs/feeds.md', import.meta.url), feedsPage(FEEDS))
