import { describe, expect, it } from 'vitest'
import { licencesOfCopyright } from './copyright.ts'

const FORMAT = 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n'

describe('licences of a copyright file', () => {
  it('takes the short names of a machine-readable one, as SPDX where they are exact', () => {
    const text = `${FORMAT}Files: *\nLicense: GPL-2+ or Expat\n text\n\nLicense: GPL-2+\n text\n\nLicense: my-own\n`
    expect(licencesOfCopyright(text)).toEqual(['GPL-2.0-or-later OR MIT', 'GPL-2.0-or-later', 'my-own'])
  })

  it('goes by references to common licences in free text, with the grant before them', () => {
    const later = 'either version 2, or (at your option) any\nlater version. See /usr/share/common-licenses/GPL-2.\n'
    const only = "version 2.1 of the licence, `/usr/share/common-licenses/LGPL-2.1'.\n"
    expect(licencesOfCopyright(later + only)).toEqual(['GPL-2.0-or-later', 'LGPL-2.1-only'])
  })

  it('invents nothing', () => {
    expect(licencesOfCopyright('This database is in the public domain.\nLicense: do as you are told\n')).toEqual([])
  })
})
