import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { parseYamlDocument } from '../documents/yaml.ts'
import { asObject, member, textMember } from '../json-document.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** `repos[*]` with `repo` and `rev` (https://pre-commit.com/#adding-pre-commit-plugins-to-your-project); `local` and `meta` are none. */
export function readPreCommit(file: FileBytes): ReadResult<StatedPackage> {
  const found = new StatedPackages('pre-commit-unreadable', file.path)
  const parsed = parseYamlDocument(file.bytes, { asText: true })
  if ('problem' in parsed)
    return found.problem(`the configuration of pre-commit could not be read: ${parsed.problem}`).result()
  const repositories = member(asObject(parsed.value) ?? {}, 'repos')
  for (const [index, one] of (Array.isArray(repositories) ? repositories : []).entries()) {
    const address = textMember(asObject(one) ?? {}, 'repo') ?? ''
    const version = textMember(asObject(one) ?? {}, 'rev') ?? ''
    const match = /^(?:https?:\/\/|git@|ssh:\/\/git@)([\w.-]{1,200})[/:]([\w./~-]{1,400}?)(?:\.git)?\/?$/.exec(
      address.slice(0, 1000),
    )
    if (match === null) continue
    const [, host, path] = match
    const slash = path.lastIndexOf('/')
    const isGithub = host.toLowerCase() === 'github.com'
    const plain = isGithub ? path.toLowerCase() : path
    found.add({
      purl: packageUrl({
        type: isGithub ? 'github' : 'generic',
        namespace: isGithub ? plain.slice(0, Math.max(0, slash)) : '',
        name: plain.slice(slash + 1),
        version,
        qualifiers: { vcs_url: isGithub ? undefined : `git+https://${host}/${path}@${version}` },
      }),
      name: isGithub ? path : `${host}/${path}`,
      version,
      ecosystem: isGithub ? 'github' : 'generic',
      presence: 'declared',
      direct: true,
      scope: 'development',
      lines: parsed.lines(['repos', index]),
    })
  }
  return found.result()
}
