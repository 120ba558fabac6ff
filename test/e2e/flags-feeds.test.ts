import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FEEDS } from '../../src/advisories/feeds/index.ts'
import { useFlagFixtures } from '../support/flag-fixtures.ts'
import { expectRefused } from '../support/sandbox.ts'

const fixtures = useFlagFixtures()
const cache = (name: string) => ['--cache-dir', join(fixtures.folder, name)]

describe('flags of feeds and shards', () => {
  it('--feeds names the feeds to fetch, and refuses one that there is not', async () => {
    const words = ['advisories', 'update', '--from', fixtures.mirror, ...cache('feeds')]
    expectRefused(await fixtures.run([...words, '--feeds', 'nonsense']), 2, 'nonsense', FEEDS[0]?.id ?? '')
    expect(await fixtures.run([...words, '--feeds', 'none'])).toMatchObject({ status: 0 })
  })

  it('--feed-settings says where feeds come from, and refuses a file that says something else', async () => {
    const file = join(fixtures.folder, 'feeds.yaml')
    const words = ['advisories', 'update', '--from', fixtures.mirror, ...cache('settings'), '--feed-settings']
    writeFileSync(file, 'feeds: { nonsense: true }\n')
    expectRefused(await fixtures.run([...words, file]), 2, 'nonsense')
    expectRefused(await fixtures.run([...words, `${file}.gone`]), 2, 'feeds.yaml.gone')
    writeFileSync(file, 'feeds: {}\n')
    expect(await fixtures.run([...words, file])).toMatchObject({ status: 0 })
  })

  it('--shards pushes what was built there, and says how to make it where there is nothing', async () => {
    const folder = join(fixtures.folder, 'built')
    const words = ['advisories', 'publish', '127.0.0.1:1/none/advisories', '--shards', folder]
    expectRefused(await fixtures.run(words), 3, 'bulwark advisories build')
    expect(await fixtures.run(['advisories', 'build', folder])).toMatchObject({ status: 0 })
    expectRefused(await fixtures.run(words), 3, '127.0.0.1:1')
  })
})
