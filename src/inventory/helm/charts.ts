import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { parseYamlDocument } from '../documents/yaml.ts'
import { asObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { RANGE_CONFIDENCE } from '../range-confidence.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/**
 * Dependencies of a chart (https://helm.sh/docs/topics/charts/#chart-dependencies): locked versions of `Chart.lock` and `requirements.lock`; of
 * `Chart.yaml` and `requirements.yaml` the lowest that a range allows. Charts in folders beside it (`file://`) are the project's own.
 */
export function readChart(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('helm-chart-unreadable', file.path)
  const parsed = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in parsed) {
    const isTemplate = decodeText(file.bytes).includes('{{') || parsed.problem === 'it is empty'
    return isTemplate ? found.result() : found.problem(`the chart could not be read: ${parsed.problem}`).result()
  }
  const list = member(asObject(parsed.value) ?? {}, 'dependencies')
  for (const [index, one] of (Array.isArray(list) ? list : []).entries()) {
    const dependency = asObject(one) ?? {}
    const repository = textMember(dependency, 'repository') ?? ''
    const said = textMember(dependency, 'version') ?? ''
    const name = textMember(dependency, 'name') ?? ''
    if (repository.startsWith('file:') || said.includes('{{')) continue
    const lowest = /^\s*(?:[=^~]|>=)?\s*v?(\d+(?:\.\d+){0,2}(?:[-+][\w.+-]+)?)/.exec(said)?.[1]
    const isExact = /^v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(said)
    const version = isExact ? said : lowest
    if (version === undefined && said !== '') continue
    const address = /^(?:https?|oci):\/\//.test(repository) ? repository : undefined
    found.add({
      purl: packageUrl({ type: 'helm', name, version: version ?? '', qualifiers: { repository_url: address } }),
      name,
      version: version ?? '',
      ecosystem: 'helm',
      presence: 'declared',
      direct: true,
      lines: parsed.lines(['dependencies', index]),
      ...(!isExact && { confidence: RANGE_CONFIDENCE }),
    })
  }
  return found.result()
}
