/**
 * Makes src/inventory/operating-system/end-of-life.json from a file of endoflife.date's facts: an object of products, each with
 * `releases` of `releaseCycle`, `eol` and `eoes` (a date or false).
 *
 *   node tools/end-of-life.ts FACTS.json [OUTPUT.json]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)
const facts = z.record(
  z.string(),
  z.object({
    releases: z.array(
      z.object({
        releaseCycle: z.string(),
        eol: z.union([date, z.boolean()]).optional(),
        eoes: z.union([date, z.boolean()]).optional(),
      }),
    ),
  }),
)

/** How each product's cycles become IDs and releases of ours; undefined for a cycle that is left out. */
const PRODUCTS: Readonly<Record<string, (cycle: string) => string | undefined>> = {
  almalinux: (cycle) => `almalinux:${cycle}`,
  'alpine-linux': (cycle) => `alpine:v${cycle}`,
  // Amazon Linux 1 counted by year and month, and ended as a whole.
  'amazon-linux': (cycle) => (/^20(1\d|20|21)\./.test(cycle) ? 'amzn:1' : `amzn:${cycle}`),
  centos: (cycle) => `centos:${cycle}`,
  'centos-stream': (cycle) => `centos:stream${cycle}`,
  cos: (cycle) => `cos:${cycle.replace(/^cos-/, '')}`,
  debian: (cycle) => `debian:${cycle}`,
  fedora: (cycle) => `fedora:${cycle}`,
  opensuse: (cycle) => `opensuse-leap:${cycle}`,
  'oracle-linux': (cycle) => `ol:${cycle}`,
  rhel: (cycle) => `rhel:${cycle}`,
  'rocky-linux': (cycle) => `rocky:${cycle}`,
  sles: (cycle) => `sles:${servicePack(cycle)}`,
  ubuntu: (cycle) => `ubuntu:${cycle}`,
  'vmware-photon': (cycle) => `photon:${cycle}`,
}

/** `15.2` is 15 SP2, `15.0` is 15; from 16 on SUSE has minor releases instead. */
function servicePack(cycle: string): string {
  const [major, minor] = cycle.split('.')
  if (Number(major) >= 16 || minor === undefined) return cycle
  return minor === '0' ? major : `${major} SP${minor}`
}

/** What endoflife.date's selection does not have, each with the source that says so. */
const ADDITIONS = {
  'mariner:1.0': {
    endOfLife: '2023-07-31',
    source: 'Microsoft, https://github.com/microsoft/azurelinux (end of support of CBL-Mariner 1.0)',
  },
  'mariner:2.0': {
    endOfLife: '2025-07-31',
    source: 'Microsoft, https://learn.microsoft.com/azure/azure-linux/support-cycle (Azure Linux 2.0)',
  },
  'scientific:6': {
    endOfLife: '2020-11-30',
    source: 'Scientific Linux, https://scientificlinux.org/downloads/sl-versions/sl6/',
  },
  'scientific:7': {
    endOfLife: '2024-06-30',
    source: 'Scientific Linux, https://scientificlinux.org/downloads/sl-versions/sl7/',
  },
}

/** The file's content for parsed facts of endoflife.date. Throws where they have another form. */
export function endOfLife(input: unknown): {
  readonly source: string
  readonly licence: string
  readonly releases: object
} {
  const products = facts.parse(input)
  const releases: Record<string, object> = {}
  for (const [product, keyOf] of Object.entries(PRODUCTS)) {
    for (const { releaseCycle, eol, eoes } of products[product]?.releases ?? []) {
      const key = keyOf(releaseCycle)
      if (key === undefined || releases[key] !== undefined) continue
      const extended = typeof eoes === 'string' && eoes !== eol ? { endOfExtendedSupport: eoes } : {}
      const dates = { ...(typeof eol === 'string' ? { endOfLife: eol } : {}), ...extended }
      if (Object.keys(dates).length > 0) releases[key] = dates
    }
  }
  return { source: 'https://endoflife.date', licence: 'MIT', releases: { ...releases, ...ADDITIONS } }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [input, output = 'src/inventory/operating-system/end-of-life.json'] = process.argv.slice(2)
  if (input === undefined) {
    process.stderr.write('usage: node tools/end-of-life.ts FACTS.json [OUTPUT.json]\n')
    process.exitCode = 2
  } else {
    const made = endOfLife(JSON.parse(readFileSync(input, 'utf8')))
    writeFileSync(output, `${JSON.stringify(made, undefined, 2)}\n`)
  }
}
