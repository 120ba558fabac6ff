// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how templates of HCL are written
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { hclBlocks } from './hcl-blocks.ts'
import { terraform } from './index.ts'

describe('Terraform', () => {
  it('locks providers and asks for modules of registries', async () => {
    const lock =
      '# locked\nprovider "registry.terraform.io/hashicorp/aws" {\n  version     = "5.31.0"\n  constraints = "~> 5.0"\n  hashes = [\n    "h1:abc=",\n  ]\n}\nprovider "example.com/a/b" {\n  version = "1.0.0"\n}\n'
    const main =
      'module "vpc" {\n  source  = "terraform-aws-modules/vpc/aws//modules/x" # here\n  version = "5.1.0"\n}\nmodule "range" {\n  source = "app.terraform.io/a/b/c"\n  version = "~> 2.3"\n}\nmodule "local" { source = "./x" }\nresource "x" "y" {\n  version = "9"\n}\n'
    const installed = {
      Modules: [
        { Key: '', Source: '', Dir: '.' },
        { Key: 'a.b', Source: 'registry.terraform.io/x/y/z', Version: '1.2.3', Dir: 'd' },
      ],
    }
    const answer = await catalogued(terraform, {
      '.terraform.lock.hcl': lock,
      'main.tf': main,
      '.terraform/modules/modules.json': JSON.stringify(installed),
    })
    expect(answer.diagnostics).toEqual([])
    expect(
      answer.components.map(({ purl, presence, evidence }) => [
        purl,
        presence,
        evidence[0].lines,
        evidence[0].confidence,
      ]),
    ).toEqual([
      ['pkg:terraform/hashicorp/aws@5.31.0', 'declared', [2, 8], 1],
      ['pkg:terraform/example.com/a/b@1.0.0', 'declared', [9, 11], 1],
      ['pkg:terraform/x/y/z@1.2.3', 'installed', undefined, 1],
      ['pkg:terraform/terraform-aws-modules/vpc/aws@5.1.0', 'declared', [1, 4], 1],
      ['pkg:terraform/app.terraform.io/a/b/c@2.3', 'declared', [5, 8], 0.3],
    ])
  })

  it('texts with templates, comments and here-documents hide no block', () => {
    const text =
      'a "b" {\n x = "${f("}")}"\n /* } */ y = <<-EOT\n }\n EOT\n z = "ok"\n n { z = "inner" }\n w = "p" + 1\n}\nc = 1\nd {\n q = "1"\n}\n'
    const blocks = [...hclBlocks(text)]
    expect(blocks.map(({ type, labels, attributes }) => [type, labels, [...attributes]])).toEqual([
      ['a', ['b'], [['z', 'ok']]],
      ['d', [], [['q', '1']]],
    ])
  })

  it('any text is read without an exception, and in time', () => {
    const part = fc.constantFrom('{', '}', '"', '${', '\n', 'a', '=', '<<E\n', 'E\n', '#', '/*', '*/', '\\', '[', ')')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part).map((parts) => parts.join('')),
          fc.string(),
        ),
        (text) => {
          for (const { lines } of hclBlocks(text)) expect(lines[1]).toBeGreaterThanOrEqual(lines[0])
        },
      ),
    )
    const started = performance.now()
    for (const piece of ['{', '"${', '<<E\n', '/*', 'a "b" ', '"\n']) for (const _ of hclBlocks(piece.repeat(300_000)));
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('what is broken is told', async () => {
    const answer = await catalogued(terraform, {
      '.terraform.lock.hcl': 'nothing here',
      '.terraform/modules/modules.json': '[',
    })
    expect(answer.diagnostics.map(({ path }) => path)).toEqual([
      '.terraform.lock.hcl',
      '.terraform/modules/modules.json',
    ])
  })
})
