import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach } from 'vitest'
import { openAdvisories } from '../../src/advisories/open.ts'
import { updateAdvisories } from '../../src/advisories/update.ts'
import type { UpdateOptions, UpdateReport } from '../../src/advisories/update-types.ts'
import { ecosystemFiles, type MirrorServer, mirrorServer, osvRecord } from '../mirror-server.ts'

/** That many npm records, `NPM-1000` and on. */
export function npmRecords(count: number, modified = '2026-01-01T00:00:00Z') {
  return Array.from({ length: count }, (_, index) => osvRecord(`NPM-${1000 + index}`, { modified }))
}

const DEBIAN = [
  osvRecord('DEBIAN-CVE-2026-0001', {
    upstream: ['CVE-2026-0001'],
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'openssl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.1-1' }] }],
      },
    ],
  }),
]

const KEV = {
  dateReleased: '2026-01-02T00:00:00Z',
  vulnerabilities: [
    {
      cveID: 'CVE-2026-0001',
      vulnerabilityName: 'A flaw',
      dateAdded: '2026-01-02',
      dueDate: '2026-01-20',
      knownRansomwareCampaignUse: 'Known',
    },
    { cveID: 'nonsense', dateAdded: 'never' },
  ],
}
const EPSS = '#model_version:v2025.03.14,score_date:2026-01-03T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,0.5,0.97\n'

/** Little patience with the network: tests are on one machine. */
export const HTTP = { backoffMs: 1, maxBackoffMs: 2, attempts: 3, idleTimeoutMs: 5_000 }

export interface UpdateScene {
  readonly server: MirrorServer
  readonly cacheDir: string
  /** An update of `cacheDir` from the server, on 1 February 2026. */
  update(options?: Partial<UpdateOptions>, signal?: AbortSignal): Promise<UpdateReport>
  /** What `work` sees in the database that is in place. */
  look<T>(work: (database: ReturnType<typeof openAdvisories>) => T): T
}

/** A mirror with 40 npm records, one of Debian, KEV and EPSS, and an empty cache folder, both new for each test of the file. */
export function updateScene(): UpdateScene {
  let server: MirrorServer
  let cacheDir = ''
  beforeEach(async () => {
    server = await mirrorServer()
    cacheDir = await mkdtemp(join(tmpdir(), 'bulwark-advisories-'))
    const { files } = server
    files.set('ecosystems.txt', Buffer.from('Debian:12\nDebian\nnpm\n'))
    ecosystemFiles(files, 'npm', npmRecords(40))
    ecosystemFiles(files, 'Debian', DEBIAN)
    files.set('kev/known_exploited_vulnerabilities.json', Buffer.from(JSON.stringify(KEV)))
    files.set('epss/epss_scores-current.csv.gz', gzipSync(EPSS))
  })
  afterEach(async () => {
    await server.close()
    await rm(cacheDir, { recursive: true, force: true })
  })
  return {
    get server() {
      return server
    },
    get cacheDir() {
      return cacheDir
    },
    update: (options = {}, signal) =>
      updateAdvisories(
        { cacheDir, from: server.url, ...options },
        { env: {}, now: () => new Date('2026-02-01T00:00:00Z'), http: HTTP, signal },
      ),
    look(work) {
      const database = openAdvisories(cacheDir)
      try {
        return work(database)
      } finally {
        database.close()
      }
    },
  }
}

/** What an update did with one ecosystem. */
export function outcomeOf(report: UpdateReport, name: string) {
  return report.ecosystems.find((one) => one.name === name)
}
