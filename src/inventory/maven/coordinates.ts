import { packageUrl } from '../package-url.ts'
import { refuseIdentity } from '../recorded-text.ts'

/** What names an artifact (https://maven.apache.org/pom.html#maven-coordinates); without a group where it could not be found out. */
export interface Coordinates {
  readonly group?: string
  readonly artifact: string
  readonly version: string
}

/** The name that advisories use: `group:artifact`. */
export function mavenName({ group, artifact }: Pick<Coordinates, 'group' | 'artifact'>): string {
  return group === undefined ? artifact : `${group}:${artifact}`
}

/** `pkg:maven/group/artifact@version`. */
export function mavenUrl({ group, artifact, version }: Coordinates): string {
  return packageUrl({ type: 'maven', ...(group !== undefined && { namespace: group }), name: artifact, version })
}

/** Why coordinates are not believed, as the end of a sentence; undefined when they are. Placeholders that nobody filled in are none. */
export function refuseCoordinates({ group, artifact, version }: Coordinates): string | undefined {
  if (group === '') return 'has no group'
  if (/[${}@]/.test(`${group ?? ''}${artifact}${version}`)) return 'has coordinates with placeholders'
  if (/[:/\s]/.test(`${group ?? ''}${artifact}`)) return 'has a name that is none'
  if (artifact === '') return 'has no name'
  return refuseIdentity(mavenName({ ...(group !== undefined && { group }), artifact }), version)
}
