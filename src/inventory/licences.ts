/**
 * SPDX identifiers (https://spdx.org/licenses/) that packages of distributions state. One that is not here stays as it was
 * said, so the list may grow at any time.
 */
const IDENTIFIERS = `
0BSD AFL-2.0 AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.0 Apache-1.1 Apache-2.0 APSL-2.0 Artistic-1.0
Artistic-1.0-Perl Artistic-2.0 Beerware BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Clear
BSD-3-Clause-LBNL BSD-4-Clause BSD-4-Clause-UC BSD-Source-Code BSL-1.0 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-2.0
CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CPL-1.0 curl ECL-2.0 EFL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2
FSFAP FSFUL FSFULLR FTL GFDL-1.1-only GFDL-1.1-or-later GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3-only
GFDL-1.3-or-later GPL-1.0-only GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND
HPND-sell-variant ICU IJG Info-ZIP IPA IPL-1.0 ISC JSON LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only
LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later Libpng libpng-2.0 libtiff LPL-1.02 LPPL-1.3c MirOS MIT MIT-0
MIT-CMU MIT-Modern-Variant MPL-1.0 MPL-1.1 MPL-2.0 MS-PL NCSA NTP OFL-1.0 OFL-1.1 OLDAP-2.8 OpenSSL OpenSSL-standalone
PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 QPL-1.0 Ruby RSA-MD SGI-B-2.0 Sleepycat SMLNJ SSH-OpenSSH SSH-short SunPro
TCL TCP-wrappers Unicode-3.0 Unicode-DFS-2016 Unicode-TOU Unlicense UPL-1.0 Vim W3C WTFPL X11 Xfig XFree86-1.1 Xnet
Zend-2.0 Zlib zlib-acknowledgement ZPL-2.1 blessing MulanPSL-2.0 GPL-CC-1.0 Hack OML TTWL`
  .trim()
  .split(/\s+/)

const EXCEPTIONS = `
Autoconf-exception-2.0 Autoconf-exception-3.0 Bison-exception-2.2 Classpath-exception-2.0 Font-exception-2.0
GCC-exception-2.0 GCC-exception-3.1 GPL-3.0-linking-exception Libtool-exception Linux-syscall-note LLVM-exception
OpenSSL-exception openvpn-openssl-exception Swift-exception cryptsetup-OpenSSL-exception
GNAT-exception GStreamer-exception-2008 Bootloader-exception Qt-GPL-exception-1.0`
  .trim()
  .split(/\s+/)

/** Other spellings with one meaning. Debian's and Alpine's `BSD` is the text of three clauses (common-licenses/BSD). */
const SPELLINGS: Readonly<Record<string, string>> = {
  apache: 'Apache-2.0',
  apache2: 'Apache-2.0',
  'apache-2': 'Apache-2.0',
  asl2: 'Apache-2.0',
  'apache2.0': 'Apache-2.0',
  apache20: 'Apache-2.0',
  artistic: 'Artistic-1.0-Perl',
  bsd: 'BSD-3-Clause',
  bsd2: 'BSD-2-Clause',
  bsd3: 'BSD-3-Clause',
  bsd4: 'BSD-4-Clause',
  'bsd-2': 'BSD-2-Clause',
  'bsd-3': 'BSD-3-Clause',
  'bsd-4': 'BSD-4-Clause',
  boost: 'BSL-1.0',
  'boost-1.0': 'BSL-1.0',
  cc0: 'CC0-1.0',
  cc0_1: 'CC0-1.0',
  expat: 'MIT',
  'openldap-2.8': 'OLDAP-2.8',
  mpl2: 'MPL-2.0',
  mplv2: 'MPL-2.0',
  'mpl-2': 'MPL-2.0',
  'python-2': 'Python-2.0',
  'artistic-2': 'Artistic-2.0',
  'psf-2': 'PSF-2.0',
  'sil-1.1': 'OFL-1.1',
  'zlib/libpng': 'Zlib',
}

const BY_LOWER = new Map<string, string>([
  ...IDENTIFIERS.map((id): [string, string] => [id.toLowerCase(), id]),
  ...Object.entries(SPELLINGS),
])
const EXCEPTION_BY_LOWER = new Map(EXCEPTIONS.map((id): [string, string] => [id.toLowerCase(), id]))

const GNU = /^(a|l)?gpl-?v?([123])(?:\.([01]))?(\+|-or-later|-only)?$/
const GFDL = /^(?:gfdl|fdl)-?v?1\.([123])(\+|-or-later|-only)?$/
const MAX_TOKENS = 200

/** The SPDX identifier that one word means (`GPL2+`: `GPL-2.0-or-later`), or undefined where it is not recognised. */
export function spdxIdentifier(word: string): string | undefined {
  const lower = word.toLowerCase()
  const known = BY_LOWER.get(lower)
  if (known !== undefined) return known
  if (/^licenseref-[a-z0-9.-]+$/.test(lower)) return word
  const gnu = GNU.exec(lower)
  if (gnu !== null) return gnuIdentifier(gnu)
  const document = GFDL.exec(lower)
  if (document !== null) return `GFDL-1.${document[1]}-${isLater(document[2]) ? 'or-later' : 'only'}`
  return undefined
}

function gnuIdentifier(match: RegExpExecArray): string | undefined {
  const family = `${(match[1] ?? '').toUpperCase()}GPL`
  const version = `${match[2]}.${match[3] ?? '0'}`
  return BY_LOWER.get(`${family}-${version}-${isLater(match[4]) ? 'or-later' : 'only'}`.toLowerCase())
}

function isLater(suffix: string | undefined): boolean {
  return suffix === '+' || suffix === '-or-later'
}

/**
 * A package's licence field as SPDX (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/): one expression where
 * the text is one; one entry a word where it is a list of recognised words, as older apk packages have (`MIT BSD GPL2+`);
 * else the text as it was said. Empty text gives none.
 */
export function licencesOf(text: string): string[] {
  const said = text.trim().replace(/\s+/g, ' ')
  if (said === '') return []
  const whole = spdxIdentifier(said)
  if (whole !== undefined) return [whole]
  const tokens = said.match(/[()]|[^\s()]+/g) ?? []
  if (tokens.length > MAX_TOKENS) return [said]
  if (tokens.some((token) => /^(AND|OR|WITH)$/i.test(token))) return [spdxExpression(tokens) ?? said]
  const ids = tokens.map((token) => spdxIdentifier(token.replace(/,$/, '')))
  const all = ids.every((id) => id !== undefined)
  return all ? [...new Set(ids)] : [said]
}

/** The expression in canonical spelling, or undefined when it is not well-formed or a part of it is not recognised. */
function spdxExpression(tokens: readonly string[]): string | undefined {
  let depth = 0
  let expectsOperand = true
  let afterWith = false
  let text = ''
  for (const token of tokens) {
    const upper = token.toUpperCase()
    if (token === '(') {
      if (!expectsOperand || afterWith) return undefined
      depth++
      text += text === '' || text.endsWith('(') ? '(' : ' ('
    } else if (token === ')') {
      if (expectsOperand || depth-- === 0) return undefined
      text += ')'
    } else if (upper === 'AND' || upper === 'OR' || upper === 'WITH') {
      if (expectsOperand) return undefined
      expectsOperand = true
      afterWith = upper === 'WITH'
      text += ` ${upper}`
    } else {
      const id = afterWith ? EXCEPTION_BY_LOWER.get(token.toLowerCase()) : spdxIdentifier(token)
      if (!expectsOperand || id === undefined) return undefined
      text += text === '' || text.endsWith('(') ? id : ` ${id}`
      expectsOperand = false
      afterWith = false
    }
  }
  return depth === 0 && !expectsOperand ? text : undefined
}
