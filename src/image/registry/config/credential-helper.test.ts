import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { askHelper } from './credential-helper.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-helper-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A helper program, as a shell script. */
function helper(name: string, script: string, mode = 0o755): string {
  const path = join(folder, `docker-credential-${name}`)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, mode)
  return name
}

const ask = (
  name: string,
  { limitMs = 10_000, signal = new AbortController().signal } = {},
): ReturnType<typeof askHelper> =>
  askHelper(name, 'registry.example:5000', { environment: { PATH: `${folder}:/usr/bin:/bin` }, signal, limitMs })

describe('a credential helper', () => {
  it('is told the registry and gives user and secret', async () => {
    const name = helper(
      'good',
      'test "$1" = get || exit 9; printf \'{"ServerURL":"%s","Username":"me","Secret":"s3"}\' "$(cat)" | tee "$0.out"',
    )
    expect(await ask(name)).toEqual({ username: 'me', secret: 's3' })
    expect(JSON.parse(readFileSync(join(folder, 'docker-credential-good.out'), 'utf8')).ServerURL).toBe(
      'registry.example:5000',
    )
  })

  it('may have nothing, which is no error', async () => {
    expect(await ask(helper('none', 'echo credentials not found in native keychain; exit 1'))).toEqual({})
  })

  it.each([
    ['garbage', 'echo hush', 'something that is no JSON object'],
    ['array', 'echo "[1]"', 'something that is no JSON object'],
    ['empty', 'true', 'something that is no JSON object'],
    ['incomplete', 'echo \'{"Username":"hush"}\'', 'without Username and Secret'],
    ['failing', 'echo hush; exit 3', 'ended with status 3'],
    ['killed', 'kill -9 $$', 'ended with status SIGKILL'],
    ['endless', 'yes hush', 'printed more than 262144 bytes'],
    ['quick', 'exec <&-; echo "{}"', 'without Username and Secret'],
  ])('that is %s is a problem without what it printed', async (name, script, problem) => {
    const answer = await ask(helper(name, script))
    expect(answer).toMatchObject({ problem: expect.stringContaining(problem) })
    expect(JSON.stringify(answer)).not.toContain('hush')
    expect(JSON.stringify(answer)).toContain(`docker-credential-${name}`)
  })

  it('that hangs is ended with what it started', async () => {
    const name = helper('hanging', 'sleep 300 & echo $! > "$0.pid"; wait')
    expect(await ask(name, { limitMs: 300 })).toEqual({
      problem: 'docker-credential-hanging did not answer within 0.3 s and was ended',
    })
    const pid = readFileSync(join(folder, 'docker-credential-hanging.pid'), 'utf8').trim()
    await expect.poll(() => stateOf(pid)).toMatch(/gone|Z/)
  })

  it('is ended when the user interrupts', async () => {
    const end = new AbortController()
    const asked = ask(helper('slow', 'sleep 300'), { signal: end.signal })
    end.abort(new Error('interrupted'))
    await expect(asked).rejects.toThrow('interrupted')
  })

  it('that is not there or may not be run is a problem', async () => {
    expect(await ask('missing')).toEqual({ problem: 'docker-credential-missing is not found on the PATH' })
    const name = helper('locked', 'true', 0o644)
    expect(await ask(name)).toMatchObject({ problem: expect.stringMatching(/right to execute|not found/) })
  })

  it.each([['../evil'], ['a b'], ['a;b'], [''], ['UPPER'], ['x'.repeat(200)]])('is not called %j', async (name) => {
    expect(await ask(name)).toMatchObject({ problem: expect.stringContaining('is no name of a credential helper') })
  })
})

/** A process's state (proc(5)), `gone` without one. */
function stateOf(pid: string): string {
  const path = `/proc/${pid}/stat`
  return existsSync(path) ? (/\) (\w)/.exec(readFileSync(path, 'utf8'))?.[1] ?? '') : 'gone'
}
