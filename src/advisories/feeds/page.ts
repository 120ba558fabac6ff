import type { Feed } from './types.ts'

/** The page of where advisories come from (`docs/feeds.md`), from the feeds themselves: `node tools/feeds.ts` writes it. */
export function feedsPage(feeds: readonly Feed[]): string {
  const rows = feeds.map(
    ({ id, title, publisher, ecosystems, licence, addresses, documentation, optIn }) =>
      `| \`${id}\` | [${title}](${documentation}) of ${publisher} | ${ecosystems.join(', ') || 'every one'} | ${Object.values(
        addresses,
      )
        .map((address) => new URL(address).host)
        .join(', ')} | ${licence} | ${optIn === undefined ? '' : `on request: ${optIn}`} |`,
  )
  return `${HEAD}

| feed | what it is | ecosystems | where | licence | |
|---|---|---|---|---|---|
${rows.join('\n')}

${REST}
`
}

const HEAD = `# Where advisories come from

<!-- written by: node tools/feeds.ts -->

OSV's public bucket is the base: it has the advisories of most ecosystems, of each in its publisher's words. Beside it stand CISA's catalogue of
known exploited vulnerabilities (KEV), EPSS, and the publishers' own feeds below, which know what the bucket does not: systems that it lacks, and
what a vendor will not fix, has put off, or says is not affected. A publisher's own feed decides over another's record of the same ID.

A feed is fetched when it alone speaks about an ecosystem that your scans have met. Others are named:

\`\`\`sh
bulwark advisories update --feeds none
bulwark advisories status
\`\`\`

\`--feeds debian-tracker,photon\` takes these, \`--feeds all\` every one but those on request.`

const REST = `## Mirrors and keys

One file says where every feed comes from:

\`\`\`yaml
mirror: https://mirror.example.com/feeds     # <mirror>/<feed>/<address> in place of every publisher
feeds:
  debian-tracker: true                       # fetched, from the publisher or the mirror
  oracle-oval: { from: /srv/oracle }         # a folder or an address in place of the publisher's
  photon: false                              # never, and what it said is dropped
  nvd: { fetch: true, key: { variable: NVD_API_KEY, header: apiKey } }
\`\`\`

\`bulwark advisories update --feed-settings feeds.yaml\` reads it. The key stays in the environment.

## What can go wrong

- *A feed fails, shrinks or changes its form*: what it said before stays; \`bulwark advisories status\` names it and since when, and the update ends
  with exit status 1.
- *A feed is old*: its age is that of its newest record, not of the last fetch; one that says nothing new for 90 days is named.
- *Records are wrong and left out*: they are counted, and the rest is used.`
