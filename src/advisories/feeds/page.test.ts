import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { FEEDS } from './index.ts'
import { feedsPage } from './page.ts'

it('docs/feeds.md is what the feeds say (node tools/feeds.ts)', () => {
  expect(readFileSync(new URL('../../../docs/feeds.md', import.meta.url), 'utf8')).toBe(feedsPage(FEEDS))
})
