import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { pypi } from './index.ts'
import { readMetadata } from './metadata.ts'
import { normalisedName } from './normalised-name.ts'

const SITE = 'usr/lib/python3/dist-packages'

describe('installed packages of Python', () => {
  it('in all the forms that installers leave', async () => {
    const { components, relations, diagnostics } = await catalogued(pypi, {
      [`${SITE}/Flask_Thing-1.0.dist-info/METADATA`]:
        'Metadata-Version: 2.1\r\nName: Flask_Thing\r\nVersion: 1.0\r\nLicense: MIT\r\nAuthor: Ann\r\nRequires-Dist: zope.interface>=5; python_version > "3"\r\nRequires-Dist: pytest; extra == "test"\r\n\r\nName: other\r\n',
      [`${SITE}/zope.interface-5.4.0.egg-info/PKG-INFO`]: 'name: zope.interface\nversion: 5.4.0\n',
      [`${SITE}/pycups-2.0.1.egg-info`]: 'Name: pycups\nVersion: 2.0.1\nLicense: GPLv2+\n',
      'opt/x.egg/EGG-INFO/PKG-INFO': 'Name: x\nVersion: 1!2.0\n',
      'usr/share/doc/METADATA': 'nothing of ours',
      'usr/src/thing/PKG-INFO': 'Name: source\nVersion: 1\n',
    })
    expect(diagnostics).toEqual([])
    expect(components.map((one) => one.purl).sort()).toEqual([
      'pkg:pypi/flask-thing@1.0',
      'pkg:pypi/pycups@2.0.1',
      'pkg:pypi/x@1%212.0',
      'pkg:pypi/zope-interface@5.4.0',
    ])
    const flask = components.find((one) => one.name === 'Flask_Thing')
    expect(flask).toMatchObject({ licences: ['MIT'], supplier: 'Ann', ecosystem: 'PyPI', presence: 'installed' })
    expect(relations).toEqual([
      { from: flask?.id, to: components.find((one) => one.name === 'zope.interface')?.id, kind: 'depends-on' },
    ])
  })

  it('without name or version, or empty, are a diagnostic that names the file', async () => {
    for (const text of ['', 'Name: x\n', 'Version: 1\n', '\nName: x\nVersion: 1\n', 'Name: a\u0007b\nVersion: 1\n']) {
      const { components, diagnostics } = await catalogued(pypi, { 'a-1.dist-info/METADATA': text })
      expect(components).toEqual([])
      expect(diagnostics).toMatchObject([
        { code: 'python-metadata-unreadable', path: 'a-1.dist-info/METADATA', effect: 'partial' },
      ])
    }
  })

  it('any bytes give facts or diagnostics, never an exception', () => {
    const field = fc.tuple(
      fc.constantFrom('Name', 'version', 'License', 'Classifier', 'Requires-Dist', ' x'),
      fc.string(),
    )
    const lines = fc
      .array(field)
      .map((fields) => Buffer.from(fields.map(([key, value]) => `${key}: ${value}\n`).join('')))
    fc.assert(
      fc.property(fc.oneof(lines, fc.uint8Array()), (bytes) => {
        const { facts, diagnostics } = readMetadata({ path: 'a.egg-info', sizeBytes: bytes.length, mode: 0, bytes })
        expect(facts.length + diagnostics.length).toBe(1)
      }),
    )
  })

  it('compares names as indexes do', () => {
    expect(normalisedName('Friendly--Bard_._x')).toBe('friendly-bard-x')
  })
})
