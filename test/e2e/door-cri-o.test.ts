import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { doorImage } from '../support/door-image.ts'
import { type RunningEngine, startPodman } from '../support/running-engines.ts'
import { expectRefused, useSandbox } from '../support/sandbox.ts'
import { dockerArchive } from '../support/tar-writer.ts'

const box = useSandbox()
let engine: RunningEngine | string = 'not started'
beforeAll(() => {
  engine = startPodman()
  if (typeof engine === 'string') return
  engine.run('load', '-q', '-i', box.file('door.tar', dockerArchive([doorImage('registry.test/team/door:1')])))
})
afterAll(async () => {
  if (typeof engine !== 'string') await engine.close()
})

describe("CRI-O's storage, which is written as podman does", () => {
  it('has the image of a name', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const words = ['--crio-root', engine.root]
    const { report } = await box.report('cri-o:registry.test/team/door:1', words)
    expect(report.components.map((one) => one.name)).toContain('curl')
    expectRefused(await box.scan('cri-o:registry.test/team/door:2', words), 3, /no image of this name/)
  })
})
