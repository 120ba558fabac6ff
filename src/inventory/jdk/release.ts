import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { javaVersion } from './java-version.ts'

const MAX_LINES = 1000

/**
 * The Java that the `release` file of its folder describes (JEP 223, https://openjdk.org/jeps/223, and https://openjdk.org/jeps/322 for
 * versions): OpenJDK whoever built it, Oracle's own build under its own name, and GraalVM beside the Java that it brings. A file of that
 * name that says no `JAVA_VERSION` is something else's, and holds nothing.
 */
export function readJdkRelease(file: FileBytes): ReadResult<StatedPackage> {
  const values = new Map<string, { readonly value: string; readonly line: number }>()
  for (const [index, line] of linesOf(decodeText(file.bytes)).slice(0, MAX_LINES).entries()) {
    const [, name, value] = /^([A-Z_]{1,64})="?([^"]*)"?\s*$/.exec(line) ?? []
    if (name !== undefined) values.set(name, { value: value.trim(), line: index + 1 })
  }
  const stated = new StatedPackages('jdk-release-refused', file.path)
  const java = values.get('JAVA_VERSION')
  if (java === undefined) return stated.result()
  const supplier = shownText(values.get('IMPLEMENTOR')?.value ?? '')
  const product = values.get('BUILD_TYPE')?.value === 'commercial' ? 'jdk' : 'openjdk'
  const graal = values.get('GRAALVM_VERSION')
  for (const [name, said] of [[product, java] as const, ...(graal ? [['graalvm', graal] as const] : [])]) {
    const version = said.value
    stated.add({
      purl: packageUrl({ type: 'generic', namespace: 'oracle', name, version }),
      // Bitnami's advisories are of Java, whoever built it; of GraalVM there are none.
      ...(name === 'graalvm'
        ? { name, version, ecosystem: 'generic' }
        : { name: 'java', version: javaVersion(version), ecosystem: 'Bitnami' }),
      presence: 'installed',
      ...(supplier !== '' && { supplier }),
      cpes: cpesOf(name, version),
      lines: [said.line, said.line],
    })
  }
  return stated.result()
}

/** As NVD names it (https://nvd.nist.gov/products/cpe): updates of Java 8 and before are a field of their own, `openjdk:8:update392`. */
function cpesOf(name: string, version: string): string[] {
  if (!/^[\w.]+$/.test(version)) return []
  const [, release, update] = /^1\.([5-8])\.0(?:_(\d+))?$/.exec(version) ?? []
  if (release === undefined) return [`cpe:2.3:a:oracle:${name}:${version}:*:*:*:*:*:*:*`]
  const named = name === 'openjdk' ? release : `1.${release}.0`
  return [`cpe:2.3:a:oracle:${name}:${named}:${update === undefined ? '-' : `update${update}`}:*:*:*:*:*:*`]
}
