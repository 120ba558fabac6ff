import { join } from 'node:path'
import { Failure } from '../../../lib/failure.ts'
import { isLoopback } from '../../../lib/network-address.ts'
import { parseReference } from '../../name/image-name.ts'
import type { ImageName } from '../../types.ts'
import type { Endpoint } from '../types.ts'
import type { CertificateSources, Certificates } from './certificates.ts'
import { isFolder } from './config-file.ts'
import { type FoundDaemon, type HostsFound, readDaemon, readHosts } from './engine-files.ts'
import { HUB, HUB_SERVER, listsRegistry, type RegistryAddress, registryOf, splitPort } from './host.ts'
import type { HostSettings, HostsToml } from './hosts-toml.ts'
import { once } from './once.ts'
import { findRegistry, type RegistriesConf, type RegistryEntry, relocated } from './registries-conf.ts'
import { quoted } from './value.ts'

/** An image's name as far as it decides where to ask; its text, where known, shows whether a registry was named. */
export type AskedName = Pick<ImageName, 'domain' | 'path'> & Partial<ImageName>

/** What endpoints are made from. */
export interface EndpointSources {
  /** `/etc`. */
  readonly etc: string
  /** `~/.config`. */
  readonly config: string
  /** `--insecure-registry`. */
  readonly insecure: readonly string[]
  readonly registries: () => RegistriesConf
  /** Reads certificates when TLS is spoken. */
  readonly certificates: (sources: CertificateSources) => Certificates
  readonly explain: (line: string) => void
  readonly problem: (line: string) => void
}

/** One place to ask, as a configuration names it. */
interface Place {
  /** Undefined where the configuration does not say: HTTPS. */
  readonly scheme?: 'http' | 'https'
  readonly authority: string
  readonly apiPath?: string
  readonly repository: string
  readonly isMirror: boolean
  readonly answers?: Endpoint['answers']
  /** What this configuration says of TLS; undefined when it says nothing. */
  readonly insecure?: boolean
  readonly skipVerify?: boolean
  readonly headers?: ReadonlyMap<string, string>
  readonly namespace?: string
  readonly certificates?: Partial<CertificateSources>
  readonly because: string
}

/**
 * Turns configuration into places to ask. Files are read when they are first needed, and once.
 *
 * Which configuration wins: the first that speaks about an image decides where to ask, and the later ones are not consulted:
 * 1. `registries.conf`: the table with the longest prefix. Its mirrors in order, then its location.
 * 2. containerd's `hosts.toml` of the registry, or of `_default`: its hosts in order, then its server.
 * 3. Docker's `daemon.json`, for Docker Hub alone: its mirrors in order, then Docker Hub.
 * 4. The registry itself, Docker Hub being https://registry-1.docker.io.
 *
 * Whether a place may be insecure is said by `--insecure-registry` before all others, then by the configuration that named the place,
 * then by `insecure-registries` of `daemon.json`. The own machine may always be spoken to over HTTP. Certificates of all `certs.d`
 * folders of a host count together, whoever named the host.
 */
export function endpointMaker(sources: EndpointSources): (name: AskedName) => readonly Endpoint[] {
  const daemon = once(() => readDaemon(sources))
  const hosts = new Map<string, HostsFound>()
  return (name) => {
    const hostsOf = (domain: string): HostsFound => {
      const known = hosts.get(domain) ?? readHosts(domain, sources)
      hosts.set(domain, known)
      return known
    }
    explainShortName(name, sources)
    const places = placesOf(name, sources, hostsOf, daemon)
    const endpoints = places.map((place) => endpointOf(place, sources, hostsOf, daemon))
    endpoints.forEach(({ origin, repository, because }, i) => {
      sources.explain(
        `registry ${name.domain}/${name.path}: ${i + 1}. ${origin}, repository ${repository} (${because})`,
      )
    })
    return endpoints
  }
}

function placesOf(
  name: AskedName,
  sources: EndpointSources,
  hostsOf: (domain: string) => HostsFound,
  daemon: () => FoundDaemon,
): readonly Place[] {
  const full = `${name.domain}/${name.path}${name.tag === undefined ? '' : `:${name.tag}`}${name.digest === undefined ? '' : `@${name.digest}`}`
  const entry = findRegistry(sources.registries().entries, full)
  if (entry !== undefined) return placesOfEntry(entry, full, sources)
  const own: Place = { authority: name.domain, repository: name.path, isMirror: false, because: 'the registry itself' }
  const { toml, file } = hostsOf(name.domain)
  if (toml !== undefined) return placesOfHosts(toml, file, own)
  if (name.domain !== HUB) return [own]
  const { mirrors, path } = daemon()
  return [...mirrors.map((address) => mirrorOfHub(address, own, path)), own]
}

function mirrorOfHub(address: RegistryAddress, own: Place, path: string): Place {
  return {
    scheme: address.scheme,
    authority: address.authority,
    apiPath: `${address.path}/v2`,
    repository: own.repository,
    isMirror: true,
    because: `${path}: mirror of ${HUB}`,
  }
}

// ---------------------------------------------------------------- registries.conf

function placesOfEntry(entry: RegistryEntry, full: string, { problem }: EndpointSources): readonly Place[] {
  const { file, prefix } = entry
  const of = `registries.conf ${file}, registry ${quoted(prefix)}`
  if (entry.blocked) {
    throw new Failure('registry-blocked', `the registry is blocked by ${file}`, {
      input: full,
      hints: [
        `the entry with the prefix ${quoted(prefix)} says "blocked = true": remove that, or scan a copy from elsewhere`,
      ],
    })
  }
  const all = [
    ...entry.mirrors.map((mirror) => ({ ...mirror, isMirror: true, because: `${of}: mirror` })),
    {
      location: entry.location,
      answers: 'all' as const,
      insecure: entry.insecure,
      isMirror: false,
      because: entry.location === undefined || entry.location === prefix ? of : `${of}: location`,
    },
  ]
  const places = all.flatMap(({ location, answers, insecure, isMirror, because }): readonly Place[] => {
    const moved = takeApart(relocated(full, prefix, location))
    if (moved === undefined) problem(`${of}: ${quoted(location ?? prefix)} makes no repository of ${quoted(full)}`)
    return moved === undefined
      ? []
      : [{ ...moved, isMirror, answers, ...(insecure !== undefined && { insecure }), because }]
  })
  if (places.some(({ isMirror }) => !isMirror)) return places
  throw new Failure('registry-configuration', `${file} moves it to a place that is no repository`, {
    input: full,
    hints: [`correct the location of the entry with the prefix ${quoted(prefix)}`],
  })
}

/** Registry and repository of a full name; undefined when it is none. */
function takeApart(full: string): { readonly authority: string; readonly repository: string } | undefined {
  const slash = full.indexOf('/')
  const domain = full.slice(0, Math.max(0, slash))
  // The registry itself, whose repositories are to be listed.
  const isWhole = slash === full.length - 1
  try {
    const raw = parseReference(isWhole ? `${full}any` : full)
    if (isWhole && raw.domain === domain) return { authority: domain, repository: '' }
    if (raw.domain === undefined || raw.domain !== domain) return undefined
    const isShort = registryOf(domain) === HUB && !raw.path.includes('/')
    return { authority: domain, repository: isShort ? `library/${raw.path}` : raw.path }
  } catch {
    return undefined
  }
}

/** Says what podman would do with a name without a registry, where that differs from what is done. */
function explainShortName({ text, domain, path }: AskedName, { registries, explain }: EndpointSources): void {
  if (text === undefined || domain !== HUB || /^(index\.)?docker\.io\//.test(text)) return
  const { aliases, search } = registries()
  const short = text.split(/[:@]/, 1)[0]
  const alias = aliases.get(short)
  if (alias !== undefined && alias.name !== `${domain}/${path}`)
    explain(
      `${short} is ${domain}/${path}, as with Docker: the alias ${quoted(alias.name)} of ${alias.file} is podman's`,
    )
  else if (alias === undefined && search !== undefined && search.some((registry) => registry !== HUB))
    explain(`${short} is ${domain}/${path}, as with Docker: podman's unqualified-search-registries are not searched`)
}

// ---------------------------------------------------------------- hosts.toml

function placesOfHosts({ hosts, server }: HostsToml, file: string, own: Place): readonly Place[] {
  const usable = hosts.filter(({ pull }) => pull)
  return [
    ...usable.map((host) => placeOfHost(host, own, `hosts.toml ${file}: host`, true)),
    ...(server.pull ? [placeOfHost(server, own, `hosts.toml ${file}: server`, false)] : []),
  ]
}

function placeOfHost(host: HostSettings, own: Place, because: string, listed: boolean): Place {
  const { address, authorities, clients, skipVerify } = host
  const isOwn = address === undefined || registryOf(address.authority) === own.authority
  const saysTls = skipVerify !== undefined || authorities.length > 0 || clients.length > 0
  // An http address with TLS settings is asked by HTTPS first, as containerd does, unless its port says otherwise.
  const unsure = address?.scheme === 'http' && saysTls && splitPort(address.authority).port !== undefined
  return {
    ...own,
    ...(address && { authority: address.authority, apiPath: address.path, scheme: unsure ? 'https' : address.scheme }),
    ...(unsure && { insecure: true, skipVerify: skipVerify ?? false }),
    ...(skipVerify !== undefined && { skipVerify }),
    isMirror: listed && !isOwn,
    answers: host.resolve ? 'all' : 'digests',
    headers: host.headers,
    ...(!isOwn && { namespace: own.authority }),
    certificates: { authorities, clients },
    because,
  }
}

// ---------------------------------------------------------------- endpoints

function endpointOf(
  place: Place,
  sources: EndpointSources,
  hostsOf: (domain: string) => HostsFound,
  daemon: () => FoundDaemon,
): Endpoint {
  const { authority, repository } = place
  const registry = registryOf(authority)
  const flagged = listsRegistry(sources.insecure, registry, { anyPort: true })
  const saysNothing = place.insecure === undefined && place.skipVerify === undefined
  const daemons = !flagged && saysNothing && listsRegistry(daemon().insecure, registry)
  const insecure = flagged || daemons || place.insecure === true
  const why = flagged ? ', insecure by --insecure-registry' : daemons ? `, insecure by ${daemon().path}` : ''
  const host = registry === HUB ? HUB_SERVER : authority
  const read = once(() =>
    sources.certificates({
      folders: [...certificateFolders(registry, sources), ...bareFolder(hostsOf(registry))],
      authorities: place.certificates?.authorities ?? [],
      clients: place.certificates?.clients ?? [],
    }),
  )
  return {
    origin: `${place.scheme ?? 'https'}://${host}`,
    apiPath: place.apiPath ?? '/v2',
    repository,
    isMirror: place.isMirror,
    answers: place.answers ?? 'all',
    allowHttp: place.scheme === 'http' || insecure || isLoopback(splitPort(host).host),
    skipVerify: flagged || (place.skipVerify ?? insecure),
    get authorities() {
      return read().authorities
    },
    get clientCertificate() {
      return read().client
    },
    headers: Object.fromEntries(place.headers ?? []),
    ...(place.namespace !== undefined && { namespace: place.namespace }),
    credentialsFor: `${registry}/${repository}`,
    because: `${place.because}${why}`,
  }
}

function bareFolder({ certificates }: HostsFound): readonly string[] {
  return certificates === undefined ? [] : [certificates]
}

/** The folders of a registry's certificates, the user's before the system's. */
function certificateFolders(registry: string, { etc, config }: EndpointSources): readonly string[] {
  const names =
    registry === HUB
      ? [HUB, HUB_SERVER]
      : [registry, ...(splitPort(registry).port === undefined ? [`${registry}:443`] : [])]
  const roots = [
    join(config, 'containers/certs.d'),
    join(etc, 'containers/certs.d'),
    join(config, 'docker/certs.d'),
    join(etc, 'docker/certs.d'),
  ]
  return roots.flatMap((root) => names.map((name) => join(root, name))).filter(isFolder)
}
