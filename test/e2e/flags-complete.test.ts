import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADVISORY_FLAGS } from '../../src/cli/advisories-flags.ts'
import { CACHE_FLAGS } from '../../src/cli/cache-flags.ts'
import { COMMON_FLAGS, SCAN_FLAGS } from '../../src/cli/scan-flags.ts'
import { TRIVY_FLAGS } from '../../src/cli/trivy.ts'
import { TRIVY_ALIASES } from '../../src/cli/trivy-flags.ts'

const TABLES = [
  ...Object.values(SCAN_FLAGS),
  ...Object.values(COMMON_FLAGS),
  ...Object.values(ADVISORY_FLAGS),
  ...Object.values(CACHE_FLAGS),
]
const NAMES = [...TABLES, ...Object.values(TRIVY_FLAGS), ...TRIVY_ALIASES].map(({ name }) => `--${name}`)

describe('every flag', () => {
  const titles = readdirSync(import.meta.dirname)
    .filter((name) => /^flags-.*\.test\.ts$/.test(name))
    .flatMap((name) => [...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(/^ {2}it\((['"])(.*)\1,/gm)])
    .map((match) => match[2])

  it.each([...new Set(NAMES)])('%s is named in the title of a test that shows its effect', (name) => {
    expect(titles.filter((title) => new RegExp(`(^|[ ,])${name}([ ,]|$)`).test(title))).not.toEqual([])
  })
})
