import { describe, expect, it } from 'vitest'
import { licencesOf } from './licences.ts'

describe('a licence field as SPDX', () => {
  it.each([
    ['GPL-2.0', ['GPL-2.0-only']],
    ['GPL2+', ['GPL-2.0-or-later']],
    ['LGPLv2.1+', ['LGPL-2.1-or-later']],
    ['zlib', ['Zlib']],
    ['MIT BSD GPL2+', ['MIT', 'BSD-3-Clause', 'GPL-2.0-or-later']],
    ['mit and (gpl-2.0+ or BSD-2-Clause)', ['MIT AND (GPL-2.0-or-later OR BSD-2-Clause)']],
    ['GPL-2.0-or-later WITH Classpath-exception-2.0', ['GPL-2.0-or-later WITH Classpath-exception-2.0']],
    ['custom', ['custom']],
    ['MIT AND', ['MIT AND']],
    ['MIT AND (ISC', ['MIT AND (ISC']],
    ['MIT something', ['MIT something']],
    ['GPL-2.1', ['GPL-2.1']],
    ['__proto__', ['__proto__']],
    ['  ', []],
  ])('%s', (said, licences) => {
    expect(licencesOf(said)).toEqual(licences)
  })
})
