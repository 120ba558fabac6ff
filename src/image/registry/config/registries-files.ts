import { join } from 'node:path'
import { Failure } from '../../../lib/failure.ts'
import { listConfigFolder, readConfigFile } from './config-file.ts'
import { mergeRegistriesConf, NO_REGISTRIES, parseRegistriesConf, type RegistriesConf } from './registries-conf.ts'

/** Where the files lie. */
export interface RegistriesPlaces {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `/etc`. */
  readonly etc: string
  /** The user's configuration folder, `~/.config`. */
  readonly config: string
  readonly explain: (line: string) => void
}

const ENVIRONMENT = ['CONTAINERS_REGISTRIES_CONF', 'REGISTRIES_CONFIG_PATH'] as const

/**
 * Reads `registries.conf` and what is dropped in beside it, in the order of containers-registries.conf.d(5): the file that the
 * environment names, or the user's own, or the system's; then the system's folder (unless the user has a file of his own) and the
 * user's. Files that cannot be read are problems.
 * @throws Failure `registry-configuration` when the environment names a file that cannot be read: it may block registries.
 */
export function readRegistriesConf(places: RegistriesPlaces): RegistriesConf {
  const { environment, etc, config } = places
  const variable = ENVIRONMENT.find((name) => environment[name])
  const own = join(config, 'containers/registries.conf')
  const system = join(etc, 'containers/registries.conf')
  const systemFolder = join(etc, 'containers/registries.conf.d')
  const userFolder = join(config, 'containers/registries.conf.d')
  const first = variable === undefined ? readOne(own, places) : readNamed(variable, places)
  const isOwn = variable === undefined && first !== undefined
  const files = [
    first ?? readOne(system, places),
    ...(isOwn ? [] : readFolder(systemFolder, places)),
    ...readFolder(userFolder, places),
  ]
  return mergeRegistriesConf(files.filter((conf) => conf !== undefined))
}

function readNamed(variable: (typeof ENVIRONMENT)[number], places: RegistriesPlaces): RegistriesConf {
  const path = places.environment[variable] ?? ''
  const refuse = (why: string): Failure =>
    new Failure('registry-configuration', why, {
      kind: 'usage',
      input: path,
      hints: [`it is named by ${variable}: correct the file or the variable`],
    })
  const read = readConfigFile(path)
  if (read.text === undefined) throw refuse(read.missing ? 'there is no such file' : read.problem)
  const conf = parseRegistriesConf(read.text, path)
  if (conf.broken !== undefined) throw refuse(conf.broken)
  return told(path, conf, places)
}

/** One file; undefined when it is not there. */
function readOne(path: string, places: RegistriesPlaces): RegistriesConf | undefined {
  const read = readConfigFile(path)
  if (read.text === undefined) return read.missing ? undefined : { ...NO_REGISTRIES, problems: [read.problem] }
  const conf = parseRegistriesConf(read.text, path)
  return conf.broken === undefined
    ? told(path, conf, places)
    : { ...NO_REGISTRIES, problems: [`${path} is not used: ${conf.broken}`] }
}

function readFolder(folder: string, places: RegistriesPlaces): readonly (RegistriesConf | undefined)[] {
  const { names, problem } = listConfigFolder(folder, (name) => name.endsWith('.conf'))
  const files = names.map((name) => readOne(join(folder, name), places))
  return problem === undefined ? files : [{ ...NO_REGISTRIES, problems: [problem] }, ...files]
}

function told(path: string, conf: RegistriesConf, { explain }: RegistriesPlaces): RegistriesConf {
  explain(`registries.conf ${path}: ${conf.entries.length} registries, ${conf.aliases.size} aliases`)
  return { ...conf, problems: conf.problems.map((problem) => `${path}: ${problem}`) }
}
