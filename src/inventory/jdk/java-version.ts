/**
 * A version of Java as ranges of advisories count it: three numbers, without build and kind. `1.8.0_392-b08` is 8.0.392, `17.0.9+9-LTS` is
 * 17.0.9, `21` is 21.0.0; what is no version stays as it is (JEP 223, https://openjdk.org/jeps/223, and what was before it).
 */
export function javaVersion(version: string): string {
  if (!/^[\w.+~-]{1,100}$/.test(version)) return version
  const old = /^1\.([5-8])\.0(?:_(\d{1,5}))?/.exec(version)
  if (old) return `${old[1]}.0.${Number(old[2] ?? 0)}`
  const [, major, minor = '0', security = '0'] = /^(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?/.exec(version) ?? []
  return major === undefined ? version : `${major}.${minor}.${security}`
}
