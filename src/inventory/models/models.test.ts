import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { models } from './index.ts'

const number = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const type = (value: number) => Buffer.from([value, 0, 0, 0])
const text = (value: string) => Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)])

function gguf(texts: Record<string, string>): Buffer {
  const list = [text('some.list'), type(9), type(4), number(2), Buffer.alloc(8)]
  const words = [text('tokens'), type(9), type(8), number(2), text('a'), text('b')]
  const pairs = Object.entries(texts).flatMap(([key, value]) => [text(key), type(8), text(value)])
  const count = number(Object.keys(texts).length + 2)
  return Buffer.concat([Buffer.from('GGUF'), type(3), number(1), count, ...list, ...words, ...pairs])
}

function safetensors(header: object): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  return Buffer.concat([number(json.length), json, Buffer.alloc(16)])
}

const field = (id: number, value: Buffer | string) =>
  Buffer.concat([Buffer.from([id * 8 + 2, value.length]), Buffer.from(value)])

function onnx(): Buffer {
  const entry = (key: string, value: string) => field(14, Buffer.concat([field(1, key), field(2, value)]))
  return Buffer.concat([
    Buffer.from([8, 9]),
    field(2, 'pytorch'),
    Buffer.from([0x28, 7]),
    field(7, 'graph'),
    entry('license', 'MIT'),
  ])
}

async function found(files: Record<string, Uint8Array>) {
  const { components, diagnostics } = await catalogued(models, files)
  return { components, told: diagnostics.map(({ path, effect }) => [path, effect]) }
}

describe('machine-learning models', () => {
  it('say name, version, licence and origin in their headers', async () => {
    const { components } = await found({
      'a/x.gguf': gguf({
        'general.name': 'Small',
        'general.version': 'v1.1',
        'general.license': 'apache-2.0',
        'general.organization': 'Org',
      }),
      'b/model.safetensors': safetensors({ __metadata__: { 'modelspec.license': 'MIT', repo_id: 'org/thing' } }),
      'c/net.onnx': onnx(),
    })
    const sum = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)
    expect(components).toMatchObject([
      { purl: 'pkg:generic/Small@v1.1', licences: ['Apache-2.0'], supplier: 'Org', hashes: [sum] },
      {
        purl: expect.stringMatching(/^pkg:huggingface\/org\/thing\?checksum=sha256:/),
        version: sum,
        licences: ['MIT'],
      },
      { purl: 'pkg:generic/net@7', supplier: 'pytorch', licences: ['MIT'] },
    ])
  })

  it("in Hugging Face's cache and in several parts are one", async () => {
    const commit = 'a'.repeat(40)
    const part = (n: number) => `cache/hub/models--org--big/snapshots/${commit}/model-0000${n}-of-00002.safetensors`
    const { components } = await found({ [part(1)]: safetensors({}), [part(2)]: safetensors({}) })
    expect(components).toMatchObject([
      { purl: `pkg:huggingface/org/big@${commit}`, name: 'org/big', ecosystem: 'huggingface' },
    ])
  })

  it('that are none are told', async () => {
    const { components, told } = await found({
      'a.gguf': Buffer.from('GGUF'),
      'b.safetensors': Buffer.alloc(8, 0xff),
      'c.safetensors': Buffer.concat([number(3), Buffer.from('[1]')]),
      'd.onnx': Buffer.from([0x3a, 0xff, 0xff, 0xff, 0x7f]),
    })
    expect(components).toEqual([])
    expect(told).toEqual(['a.gguf', 'b.safetensors', 'c.safetensors', 'd.onnx'].map((path) => [path, 'partial']))
  })

  it('with any damage give a component or a diagnostic', async () => {
    const whole = { 'x.gguf': gguf({ 'general.name': 'a' }), 'x.onnx': onnx(), 'x.safetensors': safetensors({}) }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.entries(whole)),
        fc.nat(),
        fc.nat(255),
        async ([path, bytes], at, byte) => {
          const broken = Buffer.from(bytes)
          broken[at % bytes.length] = byte
          for (const one of [broken, bytes.subarray(0, at % bytes.length)]) {
            const { told } = await found({ [path]: one })
            expect(told.every(([, effect]) => effect === 'partial')).toBe(true)
          }
        },
      ),
    )
  })
})
