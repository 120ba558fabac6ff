import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { redhatHydra } from '../../../src/advisories/feeds/redhat-hydra/index.ts'
import { factAnswers, recordsOf } from './answers.ts'
import type { FeedPlace } from './facts.ts'

export const rhel: FeedPlace = {
  feed: 'rhel',
  async open(folder) {
    const weaknesses = join(folder, 'oval/input/cve/full')
    const files = readdirSync(weaknesses).map((name) => ({ path: `cve/${name}.json`, file: join(weaknesses, name) }))
    const hydra = readdirSync(join(folder, 'csaf/hydra')).map((name) => ({
      path: name,
      file: join(folder, 'csaf/hydra', name),
    }))
    const further = await recordsOf(redhatHydra, hydra)
    return {
      ...factAnswers(await recordsOf(redhatHydra, files), {
        inGroup: (ecosystem, { group }) => groupOf(ecosystem) === group,
        id: (record) => record.id.replace('REDHAT-', ''),
        // The cases' project calls both so.
        wontFix: ({ ecosystem_specific: of }) => of?.status === 'will-not-fix' || of?.status === 'end-of-life',
      }),
      further: hydra.map(({ path }, index) => ({ name: path, passed: (further[index]?.affected.length ?? 0) > 0 })),
    }
  },
}

/** `Red Hat:enterprise_linux:8::appstream` is in `rhel:8`, `Red Hat:rhel_eus:8.6` in `rhel:8.6+eus`. */
function groupOf(ecosystem: string): string | undefined {
  const [, product, version] = /^Red Hat:(enterprise_linux|rhel_eus):(\d+(?:\.\d+)?)/.exec(ecosystem) ?? []
  if (product === undefined) return undefined
  return product === 'rhel_eus' ? `rhel:${version}+eus` : `rhel:${version.split('.')[0]}`
}
