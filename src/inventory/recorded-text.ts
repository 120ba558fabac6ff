/** Longest name of a package that is believed; the longest real ones have fewer than 200 characters. */
const MAX_NAME = 512
const MAX_VERSION = 1024
const MAX_TEXT = 4096

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/

/**
 * Why a package's name or version from an untrusted file is not believed, as the end of a sentence; undefined when it is.
 * Control and direction characters would let a file forge lines of a report.
 */
export function refuseIdentity(name: string, version: string): string | undefined {
  if (name === '') return 'has no name'
  if (version === '') return 'has no version'
  if (name.length > MAX_NAME) return `has a name of ${name.length} characters`
  if (version.length > MAX_VERSION) return `has a version of ${version.length} characters`
  if (CONTROL.test(name)) return 'has control characters in its name'
  if (CONTROL.test(version)) return 'has control characters in its version'
  return undefined
}

/** Text that is only shown (maintainer, licence): control characters become spaces, and it is cut at 4,096 characters. */
export function shownText(text: string): string {
  const cut = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text
  return CONTROL.test(cut) ? cut.replace(new RegExp(CONTROL.source, 'g'), ' ').trim() : cut.trim()
}

/** Text from a file as it can stand in a message: at most 60 characters, control characters as `?`. */
export function quoted(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 57)}...` : text
  return `"${cut.replace(new RegExp(CONTROL.source, 'g'), '?').toWellFormed()}"`
}
