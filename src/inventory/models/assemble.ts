import type { Component } from '../../model/component.ts'
import type { PlacedRow } from '../../reading/index.ts'
import { libraryComponent } from '../library-component.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { refuseIdentity, shownText } from '../recorded-text.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { ModelFact } from './model-fact.ts'

/**
 * One component for each model: files of one snapshot of Hugging Face's cache, and of one model in several parts, are one. A model without
 * a version is known by its file's digest.
 */
export function assembleModels(rows: readonly PlacedRow<ModelFact>[], context: AssembleContext): Assembled {
  const found = new Map<string, Component>()
  for (const row of rows) {
    const fact = row.facts[0]
    if (!row.wins || fact === undefined) continue
    const component = componentOf(fact, row, context)
    const folder = row.path.slice(0, Math.max(0, row.path.lastIndexOf('/')))
    const key = `${cachedIn(row.path)?.root ?? folder}\0${component?.purl.replace(/\?.*$/, '')}`
    if (component !== undefined && !found.has(key)) found.set(key, component)
  }
  return { components: [...found.values()], relations: [], diagnostics: [] }
}

function componentOf(fact: ModelFact, row: PlacedRow<ModelFact>, context: AssembleContext): Component | undefined {
  const cached = cachedIn(row.path)
  const repository = cached?.repository ?? fact.repository
  const digest = row.digests?.sha256
  const name = repository ?? shownText(fact.name ?? nameOf(row.path))
  const version = cached?.commit ?? fact.version ?? (digest === undefined ? '' : `sha256:${digest}`)
  if (refuseIdentity(name, version) !== undefined) return undefined
  const slash = repository === undefined ? -1 : repository.indexOf('/')
  const type = repository === undefined ? 'generic' : 'huggingface'
  const isKnown = cached !== undefined || fact.version !== undefined
  const author = shownText(fact.author ?? '')
  return libraryComponent(
    {
      purl: packageUrl({
        type,
        namespace: name.slice(0, Math.max(0, slash)),
        name: name.slice(slash + 1),
        version: isKnown ? version : undefined,
        qualifiers: { checksum: isKnown || digest === undefined ? undefined : `sha256:${digest}` },
      }),
      name,
      version,
      ecosystem: type,
      presence: 'installed',
      licences: licencesOf(shownText(fact.licence ?? '')),
      ...(digest !== undefined && { hashes: [`sha256:${digest}`] }),
      ...(author !== '' && { supplier: author }),
      offset: 0,
      ...(!isKnown && fact.name === undefined && { confidence: 0.5 }),
    },
    row,
    context,
  )
}

/** `models--ORG--NAME/snapshots/COMMIT/FILE` (https://huggingface.co/docs/huggingface_hub/guides/manage-cache). */
function cachedIn(path: string) {
  const match = /^(.*\/|)models--([\w.-]{1,96}?)(?:--([\w.-]{1,96}))?\/snapshots\/([0-9a-f]{40})\//.exec(path)
  if (match === null) return undefined
  const [root, , owner, name, commit] = match
  return { root, repository: name === undefined ? owner : `${owner}/${name}`, commit }
}

/** The file's name without what numbers its parts; the folder's where all models have such a name. */
function nameOf(path: string): string {
  const [file = '', folder = ''] = path.split('/').reverse()
  const stem = file.replace(/\.[^.]+$/, '').replace(/-\d{5}-of-\d{5}$/, '')
  return /^(?:pytorch_|diffusion_pytorch_)?(?:model|adapter_model)$/.test(stem) && folder !== '' ? folder : stem
}
