import type { FeedSample } from './feed-samples.ts'
import { tarball } from './tar-writer.ts'

const EXPLOITS = 'id,file,description,date_published,author,type,platform,codes,verified\n'
const exploit = (id: number, codes: string): string =>
  `${id},exploits/${id}.py,"Shop 1.0 - ""Quoted"", Overflow",2026-01-0${id},"A, B",remote,linux,${codes},1\n`

const module = (type: string, ...references: readonly string[]) => ({
  name: 'Shop',
  fullname: `${type}/linux/shop`,
  type,
  disclosure_date: '2026-01-02',
  references: [...references, 'URL-https://example.org'],
})

const template = (cve: string): string =>
  `${JSON.stringify({ ID: cve, Info: { Name: 'Shop' }, file_path: `http/cves/${cve}.yaml` })}\n`

const decided = (cve: string, exploitation: string) => ({
  name: `vulnrichment-develop/2026/0xxx/${cve}.json`,
  body: JSON.stringify({
    cveMetadata: { cveId: cve },
    containers: {
      cna: {},
      adp: [
        {
          title: 'CISA ADP Vulnrichment',
          metrics: [
            {
              other: {
                type: 'ssvc',
                content: {
                  timestamp: '2026-02-03T04:05:06Z',
                  options: [{ Exploitation: exploitation }, { Automatable: 'no' }, { 'Technical Impact': 'total' }],
                },
              },
            },
          ],
        },
      ],
    },
  }),
})
const readme = { name: 'vulnrichment-develop/README.md', body: '# Vulnrichment' }

/** Feeds of facts about weaknesses; the ids are CVE numbers. */
export const FACT_FEED_SAMPLES: Readonly<Record<string, FeedSample>> = {
  'exploit-db': {
    files: { main: { 'files_exploits.csv': EXPLOITS + exploit(1, 'CVE-2026-0001;OSVDB-1') + exploit(2, '') } },
    later: {
      main: {
        'files_exploits.csv': EXPLOITS + exploit(1, 'CVE-2026-0001') + exploit(3, 'CVE-2026-0002;CVE-2026-0003'),
      },
    },
    ids: ['CVE-2026-0001'],
    added: ['CVE-2026-0002', 'CVE-2026-0003'],
  },
  metasploit: {
    files: {
      main: {
        'db/modules_metadata_base.json': JSON.stringify({
          a: module('exploit', 'CVE-2026-0001'),
          b: module('auxiliary', 'CVE-2026-0002'),
        }),
      },
    },
    later: {
      main: {
        'db/modules_metadata_base.json': JSON.stringify({
          a: module('exploit', 'CVE-2026-0001', 'CVE-2026-0003'),
          b: module('auxiliary', 'CVE-2026-0002'),
        }),
      },
    },
    ids: ['CVE-2026-0001', 'CVE-2026-0002'],
    added: ['CVE-2026-0003'],
  },
  nuclei: {
    files: { main: { 'cves.json': template('CVE-2026-0001') } },
    later: { main: { 'cves.json': template('CVE-2026-0001') + template('CVE-2026-0002') } },
    ids: ['CVE-2026-0001'],
    added: ['CVE-2026-0002'],
  },
  vulnrichment: {
    files: { main: { 'develop.tar.gz': tarball([readme, decided('CVE-2026-0001', 'poc')]) } },
    later: {
      main: {
        'develop.tar.gz': tarball([readme, decided('CVE-2026-0001', 'active'), decided('CVE-2026-0002', 'none')]),
      },
    },
    ids: ['CVE-2026-0001'],
    added: ['CVE-2026-0002'],
  },
}
