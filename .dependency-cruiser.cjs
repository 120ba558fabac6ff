/**
 * The floors of the house (docs/architecture.md, section "The floors"): a domain imports only from floors below its own.
 * Two domains on one floor do not know each other.
 */
const FLOORS = [
  ['model', 'lib'],
  ['image', 'versions'],
  ['reading'],
  ['inventory', 'advisories', 'reachability', 'triage'],
  ['scan'],
  ['report'],
  ['cli'],
]

/** What may not be imported from floor `n`: every domain on the same floor but one's own, and all above. */
const floorRules = FLOORS.flatMap((domains, floor) =>
  domains.map((domain) => ({
    name: `floor-${floor}-${domain}`,
    severity: 'error',
    comment: `src/${domain} stands on floor ${floor}: it imports only from floors below`,
    from: { path: `^src/${domain}/` },
    to: {
      path: `^src/(${
        FLOORS.slice(floor)
          .flat()
          .filter((other) => other !== domain)
          .join('|') || 'none'
      })/`,
    },
  })),
)

module.exports = {
  forbidden: [
    ...floorRules.filter((rule) => !rule.to.path.includes('none')),
    {
      name: 'lib-below-model-is-shared',
      severity: 'error',
      comment: 'model holds nouns and imports nothing of ours',
      from: { path: '^src/model/' },
      to: { path: '^src/(?!model/)' },
    },
    {
      name: 'unlisted-domain',
      severity: 'error',
      comment: 'every folder under src/ stands on a floor',
      from: {},
      to: { path: '^src/', pathNot: `^src/(${FLOORS.flat().join('|')})/` },
    },
    {
      name: 'one-door',
      severity: 'error',
      comment: 'a domain is entered through its index.ts (model, lib and worker entries have no index)',
      from: { path: '^src/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/([^/]+)/.+', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', '^src/(model|lib)/'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'sources-know-no-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '(^test/|^bench/|^tools/|\\.test\\.ts$)' },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'testdata/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
}
