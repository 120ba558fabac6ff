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
  /** What is new shows in its index (a time in the address, a digest), so that nothing is asked under a condition. */
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

interface OvalSample {
  readonly number: number
  readonly platform: string
  readonly metadata: string
  readonly name: string
  readonly evr: string
}

/** An OVAL document: definitions first, then what they refer to. */
const oval = (...samples: readonly OvalSample[]) => {
  const part = (of: (sample: OvalSample) => string) => samples.map(of).join('')
  return `<?xml version="1.0"?><oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><definitions>${part(
    ({ number, platform, metadata }) =>
      `<definition id="oval:x:def:${number}" class="patch"><metadata><affected family="unix"><platform>${platform}</platform></affected>${metadata}</metadata><criteria operator="AND"><criterion test_ref="oval:x:tst:${number}" comment="a package is earlier"/></criteria></definition>`,
  )}</definitions><tests>${part(
    ({ number }) =>
      `<rpminfo_test id="oval:x:tst:${number}"><object object_ref="oval:x:obj:${number}"/><state state_ref="oval:x:ste:${number}"/></rpminfo_test>`,
  )}</tests><objects>${part(({ number, name }) => `<rpminfo_object id="oval:x:obj:${number}"><name>${name}</name></rpminfo_object>`)}</objects><states>${part(
    ({ number, evr }) =>
      `<rpminfo_state id="oval:x:ste:${number}"><evr operation="less than">${evr}</evr></rpminfo_state>`,
  )}</states></oval_definitions>`
}
const elsa = (number: number, fixed: string): OvalSample => ({
  number,
  platform: 'Oracle Linux 8',
  metadata: `<title>ELSA-2026-${number}: curl security update (IMPORTANT)</title><reference source="elsa" ref_id="ELSA-2026-${number}" ref_url="https://linux.oracle.com/errata/ELSA-2026-${number}.html"/><reference source="CVE" ref_id="CVE-2026-0001" ref_url="https://linux.oracle.com/cve/CVE-2026-0001.html"/><description>Text</description><advisory><severity>IMPORTANT</severity><issued date="2026-02-03"/></advisory>`,
  name: 'curl',
  evr: fixed,
})
const azl = (number: number, fixed: string): OvalSample => ({
  number,
  platform: 'Azure Linux',
  metadata: `<title>CVE-2026-${number} affecting package curl</title><reference source="CVE" ref_id="CVE-2026-${number}" ref_url="https://nvd.nist.gov/vuln/detail/CVE-2026-${number}"/><patchable>true</patchable><advisory_date>2026-04-17T22:02:46Z</advisory_date><severity>High</severity>`,
  name: 'curl',
  evr: fixed,
})

const bodhiUpdate = (alias: string, version: string) => ({
  alias,
  title: `curl-${version}`,
  notes: 'Fixes CVE-2026-0001',
  severity: 'high',
  status: 'stable',
  date_stable: '2026-03-05 12:00:00',
  release: { name: 'F44', version: '44', id_prefix: 'FEDORA' },
  bugs: [{ bug_id: 1, title: 'CVE-2026-0002 curl: a flaw [fedora-all]' }],
  builds: [{ nvr: `curl-${version}`, type: 'rpm', epoch: 0 }],
})
const bodhiPage = (...updates: readonly object[]) =>
  json({ updates, page: 1, pages: updates.length === 0 ? 0 : 1, rows_per_page: 100, total: updates.length })
const BODHI = 'updates/?type=security&status=stable&releases=F44&rows_per_page=100'
const BODHI_SINCE = `${BODHI}&modified_since=2026-11-01T00%3A00%3A00&page=1`

const suseOval = (...issues: readonly (readonly [cve: string, fixed: string])[]) =>
  `<oval_definitions><definitions>${issues
    .map(
      ([cve, fixed], index) =>
        `<definition id="oval:x:def:${index}"><metadata><title>${cve}</title><advisory><issued date="2026-01-02"/><severity>Important</severity></advisory></metadata><criteria operator="AND"><criteria operator="OR"><criterion test_ref="a" comment="SUSE Linux Enterprise Server 15 is installed"/><criterion test_ref="b" comment="SUSE Linux Enterprise Desktop 15 is installed"/></criteria><criteria operator="OR"><criterion test_ref="c" comment="curl-${fixed} is installed"/><criterion test_ref="d" comment="libcurl4-${fixed} is installed"/></criteria></criteria></definition>`,
    )
    .join('')}</definitions></oval_definitions>`

const weakness = (name: string, build: string) =>
  json({
    name,
    threat_severity: 'Important',
    public_date: '2026-02-03T00:00:00Z',
    bugzilla: { description: `${name} curl: a flaw`, url: 'https://bugzilla.redhat.com/1' },
    cvss3: { cvss3_scoring_vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
    affected_release: [
      {
        product_name: 'Red Hat Enterprise Linux 8',
        release_date: '2026-03-01T00:00:00Z',
        advisory: 'RHSA-2026:1',
        cpe: 'cpe:/o:redhat:enterprise_linux:8',
        package: build,
      },
    ],
    package_state: [
      {
        product_name: 'Red Hat Enterprise Linux 7',
        fix_state: 'Will not fix',
        package_name: 'curl',
        cpe: 'cpe:/o:redhat:enterprise_linux:7',
      },
    ],
  })

const bulletin = (fixed: string, cve: string) =>
  `<html><body><span><b>Advisory Release Date:</b> 2026-03-07 00:29 Pacific</span><div id='severity' class='alas-info'><b>Severity:</b> <span></span> Important<br /></div><div id='references'><b>References:</b> <a href='/cve/html/${cve}.html'>${cve}&nbsp;</a></div><hr class='mid-pad'><div id='issue_overview'><b>Issue Overview:</b><p>A flaw &amp; more</p></div><div id='new_packages'><b>New Packages:</b><pre>aarch64:<br />&nbsp;&nbsp;&nbsp; curl-${fixed}.aarch64<br />&nbsp;&nbsp;&nbsp; libcurl-devel-${fixed}.aarch64<br /></pre></div></body></html>`
const rss = (...items: readonly (readonly [page: string, built: string])[]) =>
  `<?xml version="1.0"?><rss version="2.0"><channel>${items
    .map(
      ([page, built]) =>
        `<item><title>x</title><link>https://alas.aws.amazon.com/AL2/${page}.html</link><lastBuildDate>${built}</lastBuildDate></item>`,
    )
    .join('')}</channel></rss>`

const updateinfo = (...updates: readonly (readonly [id: string, version: string])[]) =>
  `<?xml version="1.0"?><updates>${updates
    .map(
      ([id, version]) =>
        `<update author="x" status="final" type="security"><id>${id}</id><title>Amazon Linux - ${id}: important priority package update for curl</title><issued date="2026-03-07 00:29"/><updated date="2026-03-08 00:51"/><severity>important</severity><description>Text</description><references><reference href="https://www.cve.org/CVERecord?id=CVE-2026-0001" id="CVE-2026-0001" title="" type="cve"/></references><pkglist><collection short="x"><name>x</name><package name="curl" epoch="1" version="${version}" release="1.amzn2023" arch="x86_64"><filename>x</filename></package><package name="libcurl" epoch="0" version="${version}" release="1.amzn2023" arch="x86_64"/></collection></pkglist></update>`,
    )
    .join('')}</updates>`
const repomd = (checksum: string) =>
  `<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="primary"><location href="repodata/primary.xml.gz"/></data><data type="updateinfo"><checksum type="sha256">${checksum}</checksum><location href="repodata/updateinfo.xml.gz"/></data></repomd>`

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
  'amazon-alas': {
    files: {
      main: {
        'AL2/alas.rss': rss(['ALAS-2026-1', 'one'], ['ALAS-2026-2', 'one']),
        'AL2/ALAS-2026-1.html': bulletin('8.5.0-1.amzn2', 'CVE-2026-0001'),
        'AL2/ALAS-2026-2.html': bulletin('8.5.0-2.amzn2', 'CVE-2026-0002'),
      },
    },
    later: {
      main: {
        'AL2/alas.rss': rss(['ALAS-2026-1', 'one'], ['ALAS-2026-2', 'two'], ['ALAS-2026-3', 'one']),
        'AL2/ALAS-2026-2.html': bulletin('8.5.0-3.amzn2', 'CVE-2026-0002'),
        'AL2/ALAS-2026-3.html': bulletin('8.6.0-1.amzn2', 'CVE-2026-0003'),
      },
    },
    ids: ['ALAS2-2026-1', 'ALAS2-2026-2'],
    added: ['ALAS2-2026-3'],
    asksByTime: true,
  },
  'amazon-updateinfo': {
    files: {
      main: {
        '2/core/latest/x86_64/mirror.list': 'https://cdn.amazonlinux.com/2/core/2.0/x86_64/abc/\n',
        '2/core/2.0/x86_64/abc/repodata/repomd.xml': repomd('one'),
        '2/core/2.0/x86_64/abc/repodata/updateinfo.xml.gz': updateinfo(['ALAS2-2026-1', '8.5.0']),
        'al2023/core/mirrors/latest/x86_64/mirror.list': 'https://cdn.amazonlinux.com/al2023/core/guids/def/x86_64/\n',
        'al2023/core/guids/def/x86_64/repodata/repomd.xml': repomd('one'),
        'al2023/core/guids/def/x86_64/repodata/updateinfo.xml.gz': updateinfo(['ALAS2023-2026-1', '8.5.0']),
      },
    },
    later: {
      main: {
        'al2023/core/guids/def/x86_64/repodata/repomd.xml': repomd('two'),
        'al2023/core/guids/def/x86_64/repodata/updateinfo.xml.gz': updateinfo(
          ['ALAS2023-2026-1', '8.5.1'],
          ['ALAS2023-2026-2', '8.6.0'],
        ),
      },
    },
    ids: ['ALAS2-2026-1', 'ALAS2023-2026-1'],
    added: ['ALAS2023-2026-2'],
    asksByTime: true,
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
  'azure-linux-oval': {
    files: {
      main: {
        'azurelinux-3.0-oval.xml': oval(azl(1001, '0:8.8.0-2.azl3'), azl(1002, '0:8.8.0-3.azl3')),
        'cbl-mariner-2.0-oval.xml': oval(azl(2001, '0:8.8.0-2.cm2')),
      },
    },
    later: {
      main: {
        'azurelinux-3.0-oval.xml': oval(
          azl(1001, '0:8.8.0-9.azl3'),
          azl(1002, '0:8.8.0-3.azl3'),
          azl(1003, '0:9-1.azl3'),
        ),
      },
    },
    ids: ['AZL-1001', 'AZL-1002', 'AZL-2001'],
    added: ['AZL-1003'],
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
  'fedora-bodhi': {
    files: {
      main: {
        'releases/?state=current&rows_per_page=100': json({
          releases: [
            { name: 'F44', id_prefix: 'FEDORA' },
            { name: 'F44C', id_prefix: 'FEDORA-CONTAINER' },
          ],
        }),
        [`${BODHI}&page=1`]: bodhiPage(bodhiUpdate('FEDORA-2026-aaaaaaaaaa', '8.5.0-1.fc44')),
        [BODHI_SINCE]: bodhiPage(),
      },
    },
    later: { main: { [BODHI_SINCE]: bodhiPage(bodhiUpdate('FEDORA-2026-bbbbbbbbbb', '8.6.0-1.fc44')) } },
    ids: ['FEDORA-2026-aaaaaaaaaa'],
    added: ['FEDORA-2026-bbbbbbbbbb'],
    asksByTime: true,
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
  'oracle-oval': {
    files: {
      main: { 'com.oracle.elsa-all.xml.bz2': oval(elsa(1001, '0:7.61.1-34.el8'), elsa(1002, '0:7.61.1-35.el8')) },
    },
    later: {
      main: {
        'com.oracle.elsa-all.xml.bz2': oval(
          elsa(1001, '0:7.61.1-34.el8'),
          elsa(1002, '0:7.61.1-36.el8'),
          elsa(1003, '0:7.61.1-40.el8'),
        ),
      },
    },
    ids: ['ELSA-2026-1001', 'ELSA-2026-1002'],
    added: ['ELSA-2026-1003'],
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
  'redhat-hydra': {
    files: {
      main: {
        'cve.json?per_page=1000&page=1': json([{ CVE: 'CVE-2026-0001' }]),
        'cve/CVE-2026-0001.json': weakness('CVE-2026-0001', 'curl-1:7.61.1-34.el8'),
      },
    },
    later: {
      main: {
        'cve.json?per_page=1000&page=1': json([{ CVE: 'CVE-2026-0001' }, { CVE: 'CVE-2026-0002' }]),
        'cve/CVE-2026-0001.json': weakness('CVE-2026-0001', 'curl-1:7.61.1-35.el8'),
        'cve/CVE-2026-0002.json': weakness('CVE-2026-0002', 'curl-1:7.61.1-36.el8'),
      },
    },
    ids: ['REDHAT-CVE-2026-0001'],
    added: ['REDHAT-CVE-2026-0002'],
  },
  'suse-oval': {
    files: {
      main: {
        '': '<a href="suse.linux.enterprise.server.15.xml.gz">x</a><a href="suse.linux.enterprise.server.15.xml">x</a><a href="../">up</a>',
        'suse.linux.enterprise.server.15.xml.gz': suseOval(['CVE-2026-0001', '8.0.1-1']),
      },
    },
    later: {
      main: {
        'suse.linux.enterprise.server.15.xml.gz': suseOval(['CVE-2026-0001', '8.0.1-2'], ['CVE-2026-0002', '8.0.1-3']),
      },
    },
    ids: ['SUSE-CVE-2026-0001'],
    added: ['SUSE-CVE-2026-0002'],
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
