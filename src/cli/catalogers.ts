import { CATALOGERS, type CatalogerDescription, describeCatalogers } from '../inventory/index.ts'
import { Failure } from '../lib/failure.ts'
import { alignText } from '../report/index.ts'
import { ADVISORY_FLAGS } from './advisories-flags.ts'
import { commandGroup, type GroupPart } from './command-group.ts'
import type { SettingsOf } from './flag.ts'
import { COMMON_FLAGS } from './scan-flags.ts'
import { write } from './world.ts'

const { format } = ADVISORY_FLAGS
const FLAGS = { ...COMMON_FLAGS, format } as const

const PARTS: Readonly<Record<string, GroupPart<SettingsOf<typeof FLAGS>>>> = {
  list: {
    form: {
      name: 'catalogers list',
      summary:
        'Every cataloger: its ecosystem, whether it reads installed or declared packages, its files, what it fills in.',
      operands: '[NAME]',
      examples: ['bulwark catalogers list', 'bulwark catalogers list npm', 'bulwark catalogers list --format json'],
      page: 'docs/ecosystems.md',
      flags: [format, ...Object.values(COMMON_FLAGS)],
    },
    async run(operands, settings, world) {
      const described = chosen(operands)
      const text =
        settings.format === 'json'
          ? `${JSON.stringify(described, null, 2)}\n`
          : operands.length > 0
            ? described.map(detailsText).join('\n')
            : listText(described)
      await write(world.stdout, text)
      return 0
    },
  },
}

/** `bulwark catalogers list`. */
export const catalogers = commandGroup({
  name: 'catalogers',
  summary: 'Which package files are read, and what is taken from them.',
  page: 'docs/ecosystems.md',
  flags: FLAGS,
  parts: PARTS,
})

/** @throws Failure of kind usage for a name that no cataloger and no ecosystem has. */
function chosen(names: readonly string[]): readonly CatalogerDescription[] {
  const all = describeCatalogers(CATALOGERS)
  if (names.length === 0) return all
  return names.flatMap((name) => {
    const found = all.filter(({ id, ecosystems }) =>
      [id, ...ecosystems].some((one) => one.toLowerCase() === name.toLowerCase()),
    )
    if (found.length > 0) return found
    throw new Failure('usage', 'no cataloger has this name', {
      kind: 'usage',
      input: name,
      hints: ['bulwark catalogers list'],
    })
  })
}

function listText(described: readonly CatalogerDescription[]): string {
  const rows = described.map(({ id, yields, ecosystems, summary }) => [
    id,
    yields === 'both' ? 'installed, declared' : yields,
    ecosystems.length > 2 ? `${ecosystems.slice(0, 2).join(', ')} …` : ecosystems.join(', '),
    summary,
  ])
  const lines = alignText([['CATALOGER', 'PACKAGES', 'ECOSYSTEM', 'READS'], ...rows], '')
  return `${lines.join('\n')}\n\nbulwark catalogers list NAME shows its files and what it fills in.\n`
}

function detailsText({ id, summary, yields, ecosystems, files, fills }: CatalogerDescription): string {
  const rows = [
    ['ecosystem', ecosystems.join(', ')],
    ['packages', yields === 'both' ? 'installed and declared' : yields],
    ['fills in', fills.length === 0 ? 'name, version, purl' : `name, version, purl, ${fills.join(', ')}`],
    ...files.map((file, i) => [i === 0 ? 'files' : '', file]),
  ]
  return `${id}: ${summary}\n${alignText(rows, '  ').join('\n')}\n`
}
