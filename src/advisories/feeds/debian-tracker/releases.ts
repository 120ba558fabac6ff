/** Debian's releases by their code names (https://www.debian.org/releases/), as OSV writes them behind `Debian:`. */
const NUMBERS: ReadonlyMap<string, string> = new Map([
  ['woody', '3.0'],
  ['sarge', '3.1'],
  ['etch', '4.0'],
  ['lenny', '5.0'],
  ['squeeze', '6.0'],
  ['wheezy', '7'],
  ['jessie', '8'],
  ['stretch', '9'],
  ['buster', '10'],
  ['bullseye', '11'],
  ['bookworm', '12'],
  ['trixie', '13'],
  ['forky', '14'],
  ['duke', '15'],
  ['sid', 'unstable'],
])

/** `Debian:12` for `bookworm`; undefined for a name that is no release's. */
export function debianEcosystem(codeName: string): string | undefined {
  const number = NUMBERS.get(codeName)
  return number === undefined ? undefined : `Debian:${number}`
}
