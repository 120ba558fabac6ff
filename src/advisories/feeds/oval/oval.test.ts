import { describe, expect, it } from 'vitest'
import { feedItems } from '../../../../test/support/feed.ts'
import { azureLinuxOval } from '../azure-linux-oval/index.ts'
import { oracleOval } from '../oracle-oval/index.ts'

const criterion = (test: string, comment: string) => `<criterion test_ref="${test}" comment="${comment}"/>`
const and = (...inner: readonly string[]) => `<criteria operator="AND">${inner.join('')}</criteria>`
const or = (...inner: readonly string[]) => `<criteria operator="OR">${inner.join('')}</criteria>`
const metadata = (number: number) =>
  `<metadata><title>ELSA-2026-${number}</title><affected><platform>Oracle Linux 6</platform><platform>Oracle Linux 7</platform></affected><reference source="elsa" ref_id="ELSA-2026-${number}" ref_url="https://linux.oracle.com/x"/><reference source="CVE" ref_id="CVE-2026-0001" ref_url="x"/></metadata>`
const definition = (number: number, criteria: string, about = metadata(number)) =>
  `<definition id="oval:x:def:${number}" class="patch">${about}${criteria}</definition>`
const document = (...definitions: readonly string[]) =>
  `<oval_definitions><definitions>${definitions.join('')}</definitions></oval_definitions>`
const read = (...definitions: readonly string[]) => feedItems(oracleOval, 'all.xml', document(...definitions), 65_536)

describe('OVAL definitions', () => {
  it('are read by the release that each way names, from comments where the tests are missing', async () => {
    const way = (release: number, fixed: string) =>
      and(
        criterion('a', `Oracle Linux ${release} is installed`),
        or(and(criterion('b', `kernel-uek is earlier than ${fixed}`), criterion('c', 'kernel-uek is signed'))),
      )
    const [item] = await read(definition(1, or(way(6, '0:4-1.el6uek'), way(7, '0:4-1.el7uek'))))
    expect(item).toMatchObject({
      record: {
        id: 'ELSA-2026-1',
        affected: [
          { package: { ecosystem: 'Oracle Linux:6' }, ranges: [{ events: [{}, { fixed: '0:4-1.el6uek' }] }] },
          { package: { ecosystem: 'Oracle Linux:7' }, ranges: [{ events: [{}, { fixed: '0:4-1.el7uek' }] }] },
        ],
      },
    })
  })

  it('names modules and architectures', async () => {
    const [item] = await read(
      definition(
        2,
        and(
          criterion('a', 'Oracle Linux 8 is installed'),
          criterion('b', 'Module nodejs:12 is enabled'),
          or(and(criterion('c', 'Oracle Linux arch is aarch64'), criterion('d', 'nodejs is earlier than 1:12.1-1'))),
        ),
      ),
    )
    expect(item).toMatchObject({
      record: { affected: [{ ecosystem_specific: { module: 'nodejs:12', architectures: ['aarch64'] } }] },
    })
  })

  it('that are wrong are skipped by name, and the others read', async () => {
    const good = and(criterion('a', 'Oracle Linux 6 is installed'), or(criterion('b', 'curl is earlier than 0:1-1')))
    const many = Array.from({ length: 2_000 }, (_, index) =>
      criterion(`t${index}`, `p${index} is earlier than 0:1-1`),
    ).join('')
    const deep = `${'<criteria operator="AND">'.repeat(70)}${criterion('a', 'x')}${'</criteria>'.repeat(70)}`
    const items = await read(
      definition(1, good, ''),
      definition(2, good),
      definition(3, and(many, or(many))),
      definition(4, deep),
    )
    expect(items.map((item) => ('record' in item ? item.record.id : 'wrong' in item ? item.wrong : ''))).toEqual([
      'oval:x:def:1',
      'ELSA-2026-2',
      'oval:x:def:3',
      'oval:x:def:4',
    ])
  })

  it.each(['<html/>', '<oval_definitions></oval_definitions>', '', '<oval_definitions><definition'])(
    'refuses %j',
    async (text) => {
      await expect(feedItems(oracleOval, 'all.xml', text)).rejects.toMatchObject({ input: 'all.xml' })
      await expect(feedItems(azureLinuxOval, 'azurelinux-3.0-oval.xml', text)).rejects.toMatchObject({
        input: 'azurelinux-3.0-oval.xml',
      })
    },
  )
})
