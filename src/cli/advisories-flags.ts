import { type Flag, parseList, parseOneOf, parseSwitch, parseText } from './flag.ts'

/** Settings of the `advisories` commands. */
export const ADVISORY_FLAGS = {
  from: {
    name: 'from',
    argument: 'PLACE',
    summary:
      "a mirror in the layout of OSV's bucket, a packed file, or shards: a folder, an address, REGISTRY/REPOSITORY",
    parse: parseText,
    fallback: undefined,
  } satisfies Flag<string | undefined>,
  all: {
    name: 'all',
    summary: 'every ecosystem that the source lists',
    parse: parseSwitch,
    fallback: false,
  } satisfies Flag<boolean>,
  ecosystems: {
    name: 'ecosystems',
    argument: 'LIST',
    summary: 'only these: Debian,npm',
    many: true,
    parse: parseList,
    fallback: [],
  } satisfies Flag<readonly string[]>,
  force: {
    name: 'force',
    summary: "accept an update that loses more than a tenth of an ecosystem's records",
    parse: parseSwitch,
    fallback: false,
  } satisfies Flag<boolean>,
  shards: {
    name: 'shards',
    argument: 'FOLDER',
    summary: 'push the shards that advisories build made there, instead of making them',
    parse: parseText,
    fallback: undefined,
  } satisfies Flag<string | undefined>,
  feeds: {
    name: 'feeds',
    argument: 'LIST',
    summary: "publishers' own feeds to fetch beside the bucket: names, all or none (docs/feeds.md lists them)",
    many: true,
    parse: parseList,
    fallback: [],
  } satisfies Flag<readonly string[]>,
  feedSettings: {
    name: 'feed-settings',
    argument: 'FILE',
    summary: 'YAML that says which feeds are fetched, from which mirror, with which key',
    parse: parseText,
    fallback: undefined,
  } satisfies Flag<string | undefined>,
  component: {
    name: 'component',
    argument: 'PURL',
    summary: 'the package that the explanation is for: pkg:deb/debian/bash@5.2-2?distro=debian-12',
    parse: parseText,
    fallback: undefined,
  } satisfies Flag<string | undefined>,
  format: {
    name: 'format',
    short: 'f',
    argument: 'FORMAT',
    summary: 'table or json',
    parse: parseOneOf(['table', 'json']),
    fallback: 'table',
  } satisfies Flag<'table' | 'json'>,
} as const
