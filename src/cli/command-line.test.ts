import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type CommandLineForm, parseCommandLine } from './command-line.ts'
import { COMMON_FLAGS, SCAN_FLAGS } from './scan-flags.ts'
import { TRIVY_ALIASES, TRIVY_UNBUILT } from './trivy-flags.ts'
import type { World } from './world.ts'

const FORM: CommandLineForm = {
  name: 'scan',
  summary: 'Scans.',
  operands: 'TARGET',
  examples: ['bulwark scan x'],
  page: 'docs/scan.md',
  flags: [...Object.values(SCAN_FLAGS), ...Object.values(COMMON_FLAGS)],
  aliases: TRIVY_ALIASES,
  unbuilt: TRIVY_UNBUILT,
}

function world(): { world: World; text: () => string } {
  const stdout = new PassThrough()
  const chunks: string[] = []
  stdout.on('data', (chunk) => chunks.push(String(chunk)))
  const stderr = new PassThrough()
  return {
    world: {
      stdout,
      stderr,
      readStdin: async () => '',
      environment: {},
      cwd: '/',
      now: () => new Date(0),
      signal: new AbortController().signal,
    },
    text: () => chunks.join(''),
  }
}

async function parse(
  ...words: string[]
): Promise<{ targets: readonly string[]; given: Record<string, readonly string[]> }> {
  const line = await parseCommandLine(FORM, words, world().world)
  return { targets: line?.targets ?? [], given: Object.fromEntries(line?.given ?? []) }
}

describe('command lines', () => {
  it('take flags before and behind the target, with = or a space', async () => {
    expect(await parse('--severity', 'high', 'image.tar', '--format=json')).toEqual({
      targets: ['image.tar'],
      given: { severity: ['high'], format: ['json'] },
    })
  })

  it('never take the target for the value of a switch', async () => {
    expect(await parse('--quiet', 'image.tar')).toEqual({ targets: ['image.tar'], given: { quiet: ['true'] } })
    expect(await parse('-q', '--no-progress', 'image.tar')).toEqual({
      targets: ['image.tar'],
      given: { quiet: ['true'], 'no-progress': ['true'] },
    })
    expect((await parse('--ignore-unfixed=false', 'x')).given).toEqual({ 'ignore-unfixed': ['false'] })
  })

  it('collect what is repeated', async () => {
    expect((await parse('--skip-dirs', 'a', '--skip-dirs', 'b', 'x')).given).toEqual({ 'skip-dirs': ['a', 'b'] })
  })

  it("know Trivy's spellings", async () => {
    expect((await parse('--skip-db-update', '--vuln-type', 'os', '--offline-scan', 'x')).given).toEqual({
      'no-update': ['true'],
      'pkg-types': ['os'],
      offline: ['true'],
    })
  })

  it('take words behind -- for targets', async () => {
    expect((await parse('--', '--quiet')).targets).toEqual(['--quiet'])
  })

  it.each([...TRIVY_UNBUILT])('refuse --%s by name', async (name) => {
    await expect(parse(`--${name}`, 'x')).rejects.toMatchObject({
      kind: 'usage',
      code: 'not-built-yet',
      input: `--${name}`,
    })
  })

  it('refuse what nobody knows, and a flag without its value', async () => {
    await expect(parse('--no-such-flag', 'x')).rejects.toMatchObject({ kind: 'usage', code: 'usage' })
    await expect(parse('x', '--format')).rejects.toMatchObject({ kind: 'usage' })
  })

  it('print help that begins with examples and names the page', async () => {
    const { world: seen, text } = world()
    expect(await parseCommandLine(FORM, ['--help'], seen)).toBeUndefined()
    expect(text().trimStart()).toMatch(/^bulwark scan x/)
    expect(text()).toContain('docs/scan.md')
    expect(text()).toContain('--ignore-unfixed ')
    expect(text()).not.toContain('[BOOL]')
  })

  it('say which value is missing, and that there is one operand too many', async () => {
    await expect(parse('x', '--timeout')).rejects.toThrow('--timeout needs a value: DURATION')
    await expect(parse('x', '-o')).rejects.toThrow('--output needs a value: FILE')
    const none = { ...FORM, name: 'settings', operands: '' }
    await expect(parseCommandLine(none, ['x'], world().world)).rejects.toThrow('settings takes no operand')
  })
})
