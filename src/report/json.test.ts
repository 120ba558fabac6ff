import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { component, finding, scanResult } from '../../test/support/scan-result.ts'
import { json } from './json.ts'
import { publishedSchema, scanResultSchema } from './schema.ts'
import type { ReportOptions } from './types.ts'

const OPTIONS: ReportOptions = {
  width: 100,
  colour: false,
  allFindings: false,
  listPackages: false,
  showSuppressed: false,
  version: '1.2.3',
  now: new Date('2026-08-01T12:00:00Z'),
}

const layer = { diffId: `sha256:${'a'.repeat(64)}`, index: 0, createdBy: 'RUN x' } as const

const full = scanResult({
  inventory: {
    subject: { kind: 'image', name: 'shop.tar', imageId: layer.diffId, platform: 'linux/amd64' },
    os: {
      id: 'debian',
      name: 'Debian 12',
      version: '12',
      release: '12',
      idLike: [],
      evidence: [],
      support: { source: 'x' },
    },
    layers: [layer],
    components: [
      component({ name: 'libssl3', version: '3', evidence: [{ path: 'a', layer, since: layer, confidence: 1 }] }),
    ],
    relations: [{ from: 'a', to: 'b', kind: 'depends-on' }],
  },
  findings: [
    finding({ names: ['CVE-2024-1'], component: 'component-libssl3', fixes: [{ kind: 'upgrade', to: '4' }] }),
    finding({
      names: ['CVE-2024-2'],
      severity: { value: 'unknown', source: 'none' },
      exploit: {
        maturity: 'weaponised',
        knownSince: '2024-01-01',
        epss: { probability: 0.5, percentile: 0.9, on: '2026-08-01' },
      },
      disposition: { state: 'not-affected', justification: 'x', statedBy: 'y' },
    }),
  ],
  diagnostics: [{ code: 'x', message: 'y', path: 'z', layer: { index: 0 }, effect: 'partial' }],
  leftOut: [{ filter: '--severity', count: 2, unknownSeverity: 1 }],
  advisories: { id: 'x', from: 'y', newestRecordAt: '2026-07-01', checkedAt: '2026-08-01', warnings: [] },
})

describe('the JSON report', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(JSON.parse(publishedSchema()))

  it('validates against its published schema, full and empty', () => {
    for (const result of [full, scanResult()]) {
      const document: unknown = JSON.parse(json.render(result, OPTIONS))
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
      expect(scanResultSchema.safeParse(document).success).toBe(true)
    }
  })

  it('counts open findings apart from suppressed ones', () => {
    const document = JSON.parse(json.render(full, OPTIONS))
    expect(document.summary).toMatchObject({
      findings: 1,
      suppressed: 1,
      fixable: 1,
      exploited: 0,
      severities: { high: 1, unknown: 0 },
    })
  })

  it('is published as what the code says: run `node tools/schema.ts` after a change', () => {
    expect(readFileSync(new URL('../../docs/scan-result.schema.json', import.meta.url), 'utf8')).toBe(publishedSchema())
  })

  it('writes names that are not UTF-8 so that they come back', () => {
    const result = scanResult({ inventory: { subject: { kind: 'tree', name: 'a\udcff' } } })
    expect(JSON.parse(json.render(result, OPTIONS)).subject.name).toBe('a\udcff')
  })
})
