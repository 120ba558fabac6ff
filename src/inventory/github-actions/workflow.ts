import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { parseYamlDocument, type YamlDocument } from '../documents/yaml.ts'
import { asObject, type JsonObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

type KeyPath = readonly (string | number)[]

/**
 * What a workflow or a composite action uses (docs.github.com/actions, "Workflow syntax": `jobs.<id>.uses`, `jobs.<id>.steps[*].uses`;
 * "Metadata syntax": `runs.steps[*].uses`): actions and reusable workflows of repositories. Local paths and images are none.
 */
export function readWorkflow(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('github-workflow-unreadable', file.path)
  // What the authors of an installed package test it with is run by nobody here.
  if (/(?:^|\/)node_modules\//.test(file.path)) return found.result()
  const parsed = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in parsed) return found.problem(`the workflow could not be read: ${parsed.problem}`).result()
  const root = asObject(parsed.value) ?? {}
  const texts = linesOf(decodeText(file.bytes))
  for (const path of usesOf(root)) {
    const pkg = usedPackage(path.said, lineOf(parsed, path.at), texts)
    if (pkg !== undefined) found.add(pkg)
  }
  return found.result()
}

interface Use {
  readonly said: string
  readonly at: KeyPath
}

function usesOf(root: JsonObject): Use[] {
  const jobs = Object.entries(asObject(member(root, 'jobs')) ?? {})
  const runs = asObject(member(root, 'runs'))
  return [
    ...jobs.flatMap(([name, value]) => {
      const job = asObject(value) ?? {}
      const said = textMember(job, 'uses')
      return [...(said === undefined ? [] : [{ said, at: ['jobs', name, 'uses'] }]), ...stepUses(job, ['jobs', name])]
    }),
    ...(runs === undefined ? [] : stepUses(runs, ['runs'])),
  ]
}

function stepUses(holder: JsonObject, at: KeyPath): Use[] {
  const steps = member(holder, 'steps')
  return (Array.isArray(steps) ? steps : []).flatMap((step: unknown, index): Use[] => {
    const said = textMember(asObject(step) ?? {}, 'uses')
    return said === undefined ? [] : [{ said, at: [...at, 'steps', index, 'uses'] }]
  })
}

function lineOf(document: YamlDocument, at: KeyPath): number | undefined {
  return document.lines(at)?.[0]
}

/** `OWNER/REPOSITORY[/PATH]@REF`. A commit with the tag in a comment, as update robots write it, is known by the tag. */
function usedPackage(said: string, line: number | undefined, texts: readonly string[]): StatedPackage | undefined {
  const match = /^([A-Za-z0-9][\w-]{0,99})\/([\w.-]{1,100})(?:\/[^@\s]{1,500})?@(\S{1,250})$/.exec(said.trim())
  if (match === null) return undefined
  const [, owner, repository, reference] = match
  const isCommit = /^[0-9a-f]{40}$/i.test(reference)
  const comment = line === undefined || !isCommit ? undefined : taggedIn(texts[line - 1] ?? '')
  const version = comment ?? reference
  return {
    purl: packageUrl({
      type: 'github',
      namespace: owner.toLowerCase(),
      name: repository.toLowerCase(),
      version,
      qualifiers: { vcs_url: comment && `git+https://github.com/${owner}/${repository}@${reference}` },
    }),
    name: `${owner}/${repository}`,
    version,
    ecosystem: 'GitHub Actions',
    presence: 'declared',
    direct: true,
    scope: 'development',
    ...(line !== undefined && { lines: [line, line] as const }),
    // Nothing but the comment ties the tag to the commit.
    ...(comment !== undefined && { confidence: 0.8 }),
  }
}

function taggedIn(line: string): string | undefined {
  return /@[0-9a-fA-F]{40}["']?\s+#\s*(?:tag\s*=\s*)?(v?\d+(?:\.\d+){0,2}(?:-[\w.]+)?)\s*$/.exec(line)?.[1]
}
