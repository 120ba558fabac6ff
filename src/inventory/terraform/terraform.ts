import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { asObject, member, parseJsonObject, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { hclBlocks } from './hcl-blocks.ts'

const DEFAULT_REGISTRY = /^registry\.(?:terraform\.io|opentofu\.org)\//

/** Providers of `.terraform.lock.hcl` (https://developer.hashicorp.com/terraform/language/files/dependency-lock). */
export function readProviders(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('terraform-lockfile-unreadable', file.path)
  let blocks = 0
  for (const { type, labels, attributes, lines } of hclBlocks(decodeText(file.bytes))) {
    blocks++
    const version = attributes.get('version')
    if (type !== 'provider' || labels.length !== 1 || version === undefined) continue
    found.add(ofTerraform(labels[0], version, 'declared', lines))
  }
  const text = decodeText(file.bytes)
  if (blocks === 0 && /^\s*[^#\s/]/m.test(text)) found.problem('the lockfile of Terraform holds no block')
  return found.result()
}

/** Modules of registries that `module` blocks ask for (https://developer.hashicorp.com/terraform/language/modules/sources#terraform-registry). */
export function readModules(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('terraform-unreadable', file.path)
  for (const { type, attributes, lines } of hclBlocks(decodeText(file.bytes))) {
    const source = attributes.get('source') ?? ''
    const constraint = attributes.get('version')
    if (type !== 'module' || constraint === undefined || !isRegistrySource(source)) continue
    const lowest = /^\s*(?:=|>=|~>)?\s*v?(\d+(?:\.\d+){0,2}(?:-[\w.-]+)?)\s*(?:,|$)/.exec(constraint)
    if (lowest === null) continue
    const isExact = /^\s*=?\s*v?\d+\.\d+\.\d+/.test(constraint) && !constraint.includes(',')
    const pkg = ofTerraform(withoutFolder(source), lowest[1], 'declared', lines)
    found.add(isExact ? pkg : { ...pkg, confidence: RANGE_CONFIDENCE })
  }
  return found.result()
}

/** Modules that `terraform init` fetched: `.terraform/modules/modules.json`. */
export function readInstalledModules(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('terraform-modules-unreadable', file.path)
  const parsed = parseJsonObject(file.bytes)
  if ('problem' in parsed) return found.problem(`the list of modules could not be read: ${parsed.problem}`).result()
  const modules = member(parsed.object, 'Modules')
  for (const one of Array.isArray(modules) ? modules : []) {
    const module = asObject(one) ?? {}
    const [source, version] = [textMember(module, 'Source') ?? '', textMember(module, 'Version') ?? '']
    if (version === '' || !isRegistrySource(source)) continue
    const direct = !(textMember(module, 'Key') ?? '').includes('.')
    found.add({ ...ofTerraform(withoutFolder(source), version, 'installed'), direct })
  }
  return found.result()
}

/** `[HOST/]NAMESPACE/NAME/PROVIDER[//FOLDER]`. */
function isRegistrySource(source: string): boolean {
  return /^(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?\/)?[\w-]+\/[\w-]+\/[\w-]+(?:\/\/.*)?$/.test(source.slice(0, 512))
}

function withoutFolder(source: string): string {
  return source.replace(/\/\/.*$/, '')
}

function ofTerraform(
  address: string,
  version: string,
  presence: StatedPackage['presence'],
  lines?: readonly [number, number],
): StatedPackage {
  const name = address.replace(DEFAULT_REGISTRY, '')
  const slash = name.lastIndexOf('/')
  return {
    purl: packageUrl({
      type: 'terraform',
      namespace: name.slice(0, Math.max(0, slash)),
      name: name.slice(slash + 1),
      version,
    }),
    name,
    version,
    ecosystem: 'terraform',
    presence,
    direct: true,
    scope: 'development',
    ...(lines && { lines }),
  }
}
