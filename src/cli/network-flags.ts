import { Failure } from '../lib/failure.ts'
import { type Flag, parseList, parseSwitch, parseText } from './flag.ts'

function text(name: string, argument: string, summary: string, group: string): Flag<string | undefined> {
  return { name, argument, summary, group, parse: parseText, fallback: undefined }
}

function list(name: string, argument: string, summary: string): Flag<readonly string[]> {
  return { name, argument, summary, group: REGISTRIES, many: true, parse: parseList, fallback: [] }
}

const REGISTRIES = 'Registries:'
const SOURCES = 'Where images are looked for:'

/** Sources by the names that users of Trivy know, and ours. */
const SOURCE_NAMES: Readonly<Record<string, string>> = { remote: 'registry', crio: 'cri-o' }

/** Blocks of addresses, as CIDR; a lone address is a block of one. */
function parseBlocks(words: string): readonly string[] {
  return parseList(words).map((word) => {
    const [address, bits] = word.split('/')
    // Loaded here, not imported: few command lines need it.
    const version = process.getBuiltinModule('node:net').isIP(address)
    const most = version === 4 ? 32 : 128
    const isBlock = version !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
    if (isBlock) return bits === undefined ? `${address}/${most}` : word
    throw new Failure('usage', `expects addresses such as 169.254.10.0/24, not "${word}"`, { kind: 'usage' })
  })
}

/** How registries are reached, and where on this machine images are looked for. */
export const NETWORK_FLAGS = {
  username: text('username', 'NAME', 'user for registries that ask for one', REGISTRIES),
  password: {
    ...text(
      'password',
      'WORD',
      "the user's password; other users see a command line: prefer --password-stdin",
      REGISTRIES,
    ),
    secret: true,
  },
  passwordStdin: {
    name: 'password-stdin',
    summary: 'read the password from standard input',
    group: REGISTRIES,
    parse: parseSwitch,
    fallback: false,
  } satisfies Flag<boolean>,
  registryToken: { ...text('registry-token', 'TOKEN', 'a Bearer token for the registry', REGISTRIES), secret: true },
  pullSecret: list('pull-secret', 'FILE', 'a Kubernetes pull secret with credentials (repeatable)'),
  insecureRegistry: list(
    'insecure-registry',
    'HOST[:PORT]',
    'may be spoken to over HTTP or with a certificate that nobody vouches for (repeatable)',
  ),
  allowAddress: {
    ...list('allow-address', 'CIDR', 'link-local addresses that registries may have all the same (repeatable)'),
    parse: parseBlocks,
  },
  wholeLayers: {
    name: 'whole-layers',
    summary: 'read layers whole, also those with a table of contents: what the table does not name is seen too',
    group: REGISTRIES,
    parse: parseSwitch,
    fallback: false,
  } satisfies Flag<boolean>,
  imageSrc: {
    name: 'image-src',
    argument: 'LIST',
    summary: 'look here for images, in this order: docker,podman,containerd,cri-o,registry',
    group: SOURCES,
    parse: (words: string) => parseList(words).map((word) => SOURCE_NAMES[word.toLowerCase()] ?? word.toLowerCase()),
    fallback: undefined,
  } satisfies Flag<readonly string[] | undefined>,
  dockerHost: text('docker-host', 'ADDRESS', "Docker's socket or address, as DOCKER_HOST", SOURCES),
  podmanHost: text('podman-host', 'ADDRESS', "podman's socket or address, as CONTAINER_HOST", SOURCES),
  dockerRoot: text('docker-root', 'DIR', "Docker's storage where it is not /var/lib/docker", SOURCES),
  podmanRoot: text('podman-root', 'DIR', "podman's storage where it is not where it always is", SOURCES),
  containerdRoot: text('containerd-root', 'DIR', "containerd's storage where it is not /var/lib/containerd", SOURCES),
  crioRoot: text('crio-root', 'DIR', "CRI-O's storage where it is not /var/lib/containers/storage", SOURCES),
} as const
