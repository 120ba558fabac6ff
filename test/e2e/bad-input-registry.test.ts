import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HostileRegistry, hostileRegistry, type Misdeed } from '../support/hostile-registry.ts'
import { expectRefused, type Ran, useSandbox } from '../support/sandbox.ts'

const box = useSandbox()
const PASSWORD = 'correct-horse-battery-staple'
const SECRETS = [PASSWORD, Buffer.from(`ci-bot:${PASSWORD}`).toString('base64'), 'worthless']

let registry: HostileRegistry
beforeAll(async () => {
  registry = await hostileRegistry()
})
beforeEach(() => registry.reset())
afterAll(() => registry.close())

/** Scans with a password at hand and everything explained: nothing of what is printed may hold a secret. */
async function scan(misdeed: Misdeed, words: readonly string[] = []): Promise<Ran> {
  const env = {
    BULWARK_USERNAME: 'ci-bot',
    BULWARK_PASSWORD: PASSWORD,
    CONTAINERS_REGISTRIES_CONF: box.file('registries.conf', ''),
  }
  const all = ['scan', '--advisories', box.advisories, '--no-update', '--image-src', 'registry', '--debug']
  const ran = await box.run([...all, ...words, registry.image(misdeed)], { env })
  for (const secret of SECRETS) expect(`${ran.stdout}${ran.stderr}`).not.toContain(secret)
  return ran
}

/** What the command says of each, and the most that it may take. */
const REFUSED: readonly (readonly [Misdeed, RegExp])[] = [
  ['manifest-digest', /manifest is sha256:.* is stated/],
  ['layer-digest', /stated|corrupt|invalid|damaged/i],
  ['layer-longer', /more than the \d+ bytes stated/],
  ['layer-endless', /stated|corrupt|more than/],
  ['layer-shorter', /has 100 bytes, but \d+ are stated/],
  ['layer-drops-at-once', /broke off/],
  ['index-of-itself', /refers to itself|is stated/],
  ['index-deep', /nested deeper/],
  ['manifest-endless', /larger than \d+ bytes/],
  ['manifest-html', /is a web page/],
  ['manifest-schema-1', /schema 1/],
  ['redirects-in-circles', /go in circles/],
  ['redirects-to-file', /redirects to file:/],
  ['redirects-to-metadata', /169\.254\.169\.254 .*--allow-address 169\.254\.169\.254\/32/s],
  ['limits-for-long', /rate limit .* it ends at \d{4}-/],
  ['refuses-all', /401 from .*docker login/s],
  ['denies-all', /403 from .*right to pull/s],
  ['has-nothing', /has no manifest/],
  ['token-useless', /401 from .*wrong or have expired/s],
  ['token-splits-headers', /without a token/],
  ['token-from-metadata', /169\.254\.169\.254/],
]

describe('a registry that misbehaves, before the command', () => {
  it.each(REFUSED)('%s: is a clear error, soon, and no secret is said', async (misdeed, says) => {
    expectRefused(await scan(misdeed), 3, says)
  })

  it.each([
    'honest',
    'layer-drops',
    'layer-drops-no-ranges',
    'manifest-chunked',
    'limits-shortly',
    'fails-twice',
  ] as const)('%s: is waited for, read on and scanned', async (misdeed) => {
    const ran = await scan(misdeed)
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.ms).toBeLessThan(20_000)
  })

  it.each(['answers-never', 'headers-slow', 'manifest-hangs', 'layer-hangs', 'layer-trickles'] as const)(
    '%s: ends when the time that the user gave is over',
    async (misdeed) => {
      const ran = await scan(misdeed, ['--timeout', '1s'])
      expect(ran.status, ran.stderr).not.toBe(0)
      expect(ran.stderr).toMatch(/^error: /m)
      expect(ran.ms).toBeLessThan(8000)
      expect(ran.left).toEqual([])
    },
  )
})
