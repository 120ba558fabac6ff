import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { doorImage } from '../support/door-image.ts'
import { type RunningEngine, startDocker } from '../support/running-engines.ts'
import { expectRefused, useSandbox } from '../support/sandbox.ts'
import { dockerArchive } from '../support/tar-writer.ts'

const box = useSandbox()
let engine: RunningEngine | string = 'not started'
let id = ''
beforeAll(async () => {
  engine = await startDocker()
  if (typeof engine === 'string') return
  engine.run('load', '-q', '-i', box.file('door.tar', dockerArchive([doorImage('example.test/team/door:1')])))
  id = engine.run('images', '-q', '--no-trunc')
})
afterAll(async () => {
  if (typeof engine !== 'string') await engine.close()
})

describe('storage of a real Docker', () => {
  it('has images by each of their names, and for their own platform', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    const words = ['--docker-root', engine.root]
    for (const name of ['docker:example.test/team/door:1', `docker:${id}`, `docker:${id.slice(7, 19)}`]) {
      const { report } = await box.report(name, words)
      expect(report.components.map((one) => one.name)).toContain('curl')
    }
    expectRefused(await box.scan('docker:example.test/team/door:2', words), 3, /no image of this name/)
    const other = await box.scan(`docker:${id}`, [...words, '--platform', 'linux/s390x'])
    expectRefused(other, 3, /linux\/amd64 only/)
  })

  it('says when a layer is gone', async (ctx) => {
    if (typeof engine === 'string') return ctx.skip(engine)
    rmSync(join(engine.root, 'overlay2'), { recursive: true })
    const gone = await box.scan(`docker:${id}`, ['--docker-root', engine.root])
    expectRefused(gone, 3, /the folder that the engine unpacked it into cannot be opened: it is not there any more/)
  })
})
