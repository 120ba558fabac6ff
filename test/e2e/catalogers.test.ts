import { describe, expect, it } from 'vitest'
import { CATALOGERS } from '../../src/inventory/index.ts'
import { expectRefused, useSandbox } from '../support/sandbox.ts'

const sandbox = useSandbox()

describe('bulwark catalogers list', () => {
  it('names every cataloger, with its ecosystem and whether it reads installed or declared packages', async () => {
    const { status, stdout } = await sandbox.run(['catalogers', 'list'])
    expect(status).toBe(0)
    const named = stdout.split('\n').map((line) => line.split(' ')[0])
    for (const { id } of CATALOGERS) expect(named).toContain(id)
    expect(stdout).toMatch(/^npm +installed, declared +npm +npm packages/m)
  })

  it('shows the files of one, by its name or its ecosystem', async () => {
    const { stdout } = await sandbox.run(['catalogers', 'list', 'debian'])
    expect(stdout).toContain('var/lib/dpkg/status')
    expect(stdout).toContain('owned-files')
    expectRefused(await sandbox.run(['catalogers', 'list', 'nothing']), 2, 'nothing', 'bulwark catalogers list')
  })

  it('prints JSON', async () => {
    const { stdout } = await sandbox.run(['catalogers', 'list', '--format', 'json'])
    expect(JSON.parse(stdout).map(({ id }: { id: string }) => id)).toEqual(CATALOGERS.map(({ id }) => id))
  })
})
