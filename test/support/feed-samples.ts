import { tarball } from './tar-writer.ts'

/** A feed's documents and indices as its publisher serves them, below one address: small, in the publisher's form, made up. */
export interface FeedSample {
  /** By address name, then path. `''` is the address itself. */
  readonly files: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>
  /** What a later state has in place of it: one record changed, one added. */
  readonly later: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>
  /** Ids of the first state's records, sorted. */
  readonly ids: readonly string[]
  /** Ids that the later state adds. */
  readonly added: readonly string[]
  /** It is asked for what is newer than a time, which stands in the address, and not under a condition. */
  readonly asksByTime?: true
}

const json = (value: unknown): string => JSON.stringify(value)

const secdb = (fixes: Record<string, Record<string, readonly string[]>>, more = {}): string =>
  json({ ...more, packages: Object.entries(fixes).map(([name, secfixes]) => ({ pkg: { name, secfixes } })) })

const rolling = (prefix: string): FeedSample => ({
  files: {
    main: {
      'security.json': secdb({ curl: { '8.5.0-r0': ['CVE-2026-0001', 'CVE-2026-0002'], '0': ['CVE-2026-0003'] } }),
    },
  },
  later: {
    main: {
      'security.json': secdb({
        curl: {
          '8.5.0-r1': ['CVE-2026-0001'],
          '8.5.0-r0': ['CVE-2026-0002'],
          '0': ['CVE-2026-0003'],
          '8.6.0-r0': ['CVE-2026-0004'],
        },
      }),
    },
  },
  ids: [`${prefix}-CVE-2026-0001`, `${prefix}-CVE-2026-0002`, `${prefix}-CVE-2026-0003`],
  added: [`${prefix}-CVE-2026-0004`],
})

const group = (name: string, fixed: string | null, status: string) => ({
  name,
  packages: ['curl', 'lib32-curl'],
  affected: '8.4.0-1',
  fixed,
  severity: 'High',
  status,
  type: 'information disclosure',
  issues: [`CVE-2026-${name.slice(4)}`],
  advisories: [],
})

const resolved = (version: string, more = {}) => ({
  status: 'resolved',
  fixed_version: version,
  urgency: 'not yet assigned',
  ...more,
})

const row = (cve: string, pkg: string, fixed: string, status = 'Fixed') => ({
  cve_id: cve,
  pkg,
  cve_score: 7.5,
  aff_ver: `all versions before ${fixed} are vulnerable`,
  res_ver: fixed,
  status,
})

const dsa = (index: number) =>
  `[${index + 1} Jul 2026] DSA-${5970 + index}-1 curl - security update\n\t{CVE-2026-0001}\n\t[bookworm] - curl 7.88.1-${index}\n`

const cve = (id: string, modified: string, version: string) => ({
  cve: {
    id,
    sourceIdentifier: 'security@example.org',
    published: '2026-01-01T00:00:00.000',
    lastModified: modified,
    vulnStatus: 'Analyzed',
    descriptions: [{ lang: 'en', value: 'A flaw' }],
    metrics: {
      cvssMetricV31: [
        {
          source: 'nvd@nist.gov',
          cvssData: { vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', baseScore: 9.8 },
        },
      ],
    },
    configurations: [
      {
        nodes: [
          {
            operator: 'OR',
            cpeMatch: [
              { vulnerable: true, criteria: 'cpe:2.3:a:haxx:curl:*:*:*:*:*:*:*:*', versionEndExcluding: version },
            ],
          },
        ],
      },
    ],
    references: [],
  },
})
const nvdPage = (...vulnerabilities: readonly object[]) =>
  json({ resultsPerPage: vulnerabilities.length, startIndex: 0, totalResults: vulnerabilities.length, vulnerabilities })
const NVD_WINDOW = '&lastModStartDate=2026-10-31T23%3A00%3A00.000Z&lastModEndDate=2026-11-01T00%3A00%3A00.000Z'

const ubuntuRecord = (id: string, fixed?: string, more = {}) =>
  json({
    id,
    modified: '2026-01-01T00:00:00Z',
    upstream: [id.replace('UBUNTU-', '')],
    severity: [{ type: 'Ubuntu', score: 'medium' }],
    affected: [
      {
        package: { ecosystem: 'Ubuntu:Pro:16.04:LTS', name: 'curl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(fixed === undefined ? [] : [{ fixed }])] }],
      },
    ],
    ...more,
  })
const archive = (files: Readonly<Record<string, string>>) =>
  tarball(Object.entries(files).map(([name, body]) => ({ name, body })))

const trackedFile = (name: string, ...lines: readonly string[]) =>
  [
    `Candidate: ${name}`,
    'PublicDate: 2026-01-02 10:00:00 UTC',
    'References:',
    ' https://example.org/advisory',
    'Description:',
    ' A flaw of which the text',
    ' is continued.',
    'Priority: medium',
    ' Because of this.',
    'upstream_curl: released (8.5.0)',
    ...lines,
    '',
  ].join('\n')

/** By feed id: every feed has one. */
export const FEED_SAMPLES: Readonly<Record<string, FeedSample>> = {
  'alpine-secdb': {
    files: {
      main: {
        '': '<html><a href="v3.20/">v3.20/</a> <a href="../">..</a> <a href="edge/">edge/</a></html>',
        'v3.20/main.json': secdb(
          { zlib: { '1.2.12-r0': ['CVE-2026-0001'], '1.2.12-r2': ['CVE-2026-0001', 'CVE-2026-0002 (+)'] } },
          { distroversion: 'v3.20' },
        ),
        'v3.20/community.json': secdb({ advancecomp: { '2.1-r2': ['CVE-2026-0003'] } }, { distroversion: 'v3.20' }),
        'edge/main.json': secdb({ zlib: { '1.3.1-r0': ['CVE-2026-0001'] } }, { distroversion: 'edge' }),
      },
    },
    later: {
      main: {
        'v3.20/community.json': secdb(
          { advancecomp: { '2.1-r3': ['CVE-2026-0003', 'CVE-2026-0004'] } },
          { distroversion: 'v3.20' },
        ),
      },
    },
    ids: ['ALPINE-CVE-2026-0001', 'ALPINE-CVE-2026-0002', 'ALPINE-CVE-2026-0003'],
    added: ['ALPINE-CVE-2026-0004'],
  },
  'arch-tracker': {
    files: {
      main: { 'all.json': json([group('AVG-1001', '8.5.0-1', 'Fixed'), group('AVG-1002', null, 'Vulnerable')]) },
    },
    later: {
      main: {
        'all.json': json([
          group('AVG-1001', '8.5.0-1', 'Fixed'),
          group('AVG-1002', '8.6.0-1', 'Fixed'),
          group('AVG-1003', null, 'Unknown'),
        ]),
      },
    },
    ids: ['AVG-1001', 'AVG-1002'],
    added: ['AVG-1003'],
  },
  'chainguard-secdb': rolling('CGR'),
  'debian-tracker': {
    files: {
      main: {
        json: json({
          curl: {
            'CVE-2026-0001': {
              description: 'A flaw',
              releases: { bookworm: resolved('7.88.1-10'), sid: resolved('0') },
            },
          },
          libcurl: {
            'CVE-2026-0001': {
              releases: {
                bookworm: { status: 'open', urgency: 'low', nodsa: 'Minor issue', nodsa_reason: 'postponed' },
              },
            },
          },
        }),
      },
      lists: { 'DSA/list': Array.from({ length: 12 }, (_, index) => dsa(index)).join('') },
    },
    later: {
      main: {
        json: json({
          curl: { 'CVE-2026-0001': { description: 'A flaw', releases: { bookworm: resolved('7.88.1-11') } } },
          wget: { 'CVE-2026-0002': { releases: { bookworm: { status: 'open', urgency: 'end-of-life' } } } },
        }),
      },
    },
    ids: ['DEBIAN-CVE-2026-0001', ...Array.from({ length: 12 }, (_, index) => `DSA-${5970 + index}-1`)],
    added: ['DEBIAN-CVE-2026-0002'],
  },
  'minimos-secdb': rolling('MINIMOS'),
  nvd: {
    files: {
      main: {
        '2.0?resultsPerPage=1&startIndex=0': nvdPage(cve('CVE-2026-0001', '2026-02-01T00:00:00.000', '8.5.0')),
        '2.0?resultsPerPage=2000&startIndex=0': nvdPage(cve('CVE-2026-0001', '2026-02-01T00:00:00.000', '8.5.0')),
        [`2.0?resultsPerPage=1&startIndex=0${NVD_WINDOW}`]: nvdPage(),
      },
    },
    later: {
      main: {
        [`2.0?resultsPerPage=1&startIndex=0${NVD_WINDOW}`]: nvdPage(
          cve('CVE-2026-0002', '2026-03-01T00:00:00.000', '8.6.0'),
        ),
        [`2.0?resultsPerPage=2000&startIndex=0${NVD_WINDOW}`]: nvdPage(
          cve('CVE-2026-0002', '2026-03-01T00:00:00.000', '8.6.0'),
        ),
      },
    },
    ids: ['CVE-2026-0001'],
    added: ['CVE-2026-0002'],
    asksByTime: true,
  },
  photon: {
    files: {
      main: {
        'photon_versions.json': json({ branches: ['4.0', '5.0'] }),
        'cve_data_photon4.0.json': json([row('CVE-2026-0001', 'curl', '7.88.1-4.ph4')]),
        'cve_data_photon5.0.json': json([
          row('CVE-2026-0001', 'curl', '8.1-1.ph5'),
          row('CVE-2026-0002', 'httpd', 'NA', 'Not Affected'),
        ]),
      },
    },
    later: {
      main: {
        'cve_data_photon5.0.json': json([
          row('CVE-2026-0001', 'curl', '8.1-2.ph5'),
          row('CVE-2026-0002', 'httpd', 'NA', 'Not Affected'),
          row('CVE-2026-0003', 'httpd', '2-1.ph5'),
        ]),
      },
    },
    ids: ['PHOTON-CVE-2026-0001', 'PHOTON-CVE-2026-0002'],
    added: ['PHOTON-CVE-2026-0003'],
  },
  'ubuntu-osv': {
    files: {
      main: {
        'osv-all.tar.xz': archive({
          'osv/cve/2026/UBUNTU-CVE-2026-0001.json': ubuntuRecord('UBUNTU-CVE-2026-0001'),
          'osv/README': 'no record',
        }),
      },
    },
    later: {
      main: {
        'osv-all.tar.xz': archive({
          'osv/cve/2026/UBUNTU-CVE-2026-0001.json': ubuntuRecord('UBUNTU-CVE-2026-0001', '7.47.0-1ubuntu2.19+esm1'),
          'osv/usn/USN-1-1.json': ubuntuRecord('USN-1-1', '7.47.0-1ubuntu2.19+esm1'),
        }),
      },
    },
    ids: ['UBUNTU-CVE-2026-0001'],
    added: ['USN-1-1'],
  },
  'ubuntu-tracker': {
    files: {
      main: {
        'ubuntu-cve-tracker-master.tar.gz': archive({
          'ubuntu-cve-tracker-master/active/CVE-2026-0001': trackedFile(
            'CVE-2026-0001',
            'jammy_curl: released (7.81.0-1ubuntu1.15)',
            'noble_curl: needed',
            'esm-infra/xenial_curl: deferred (2026-05-01)',
            'focal_curl: ignored (end of standard support, was needed)',
            'devel_curl: DNE',
          ),
          'ubuntu-cve-tracker-master/scripts/CVE-2026-0009': 'print()',
        }),
      },
    },
    later: {
      main: {
        'ubuntu-cve-tracker-master.tar.gz': archive({
          'ubuntu-cve-tracker-master/active/CVE-2026-0001': trackedFile(
            'CVE-2026-0001',
            'noble_curl: released (8.5.0-2ubuntu10.1)',
          ),
          'ubuntu-cve-tracker-master/retired/CVE-2026-0002': trackedFile('CVE-2026-0002', 'noble_curl: not-affected'),
        }),
      },
    },
    ids: ['UBUNTU-CVE-2026-0001'],
    added: ['UBUNTU-CVE-2026-0002'],
  },
  'wolfi-secdb': rolling('WOLFI'),
}
