import { licencesOf } from '../licences.ts'
import { shownText } from '../recorded-text.ts'

/** Names and addresses that projects write for a licence in `pom.xml` and `Bundle-License`, and its SPDX identifier. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/apache.*\b2(\.0)?\b|apache\.org\/licenses\/license-2\.0|^asl ?2|^al ?2\.0$/i, 'Apache-2.0'],
  [/^(the )?mit( licen[sc]e)?(,.*)?$|opensource\.org\/licenses\/mit/i, 'MIT'],
  [/eclipse public licen[sc]e.*\b2|\bepl.?2|legal\/epl-?(v|2\.)/i, 'EPL-2.0'],
  [/eclipse public licen[sc]e.*\b1|\bepl.?1/i, 'EPL-1.0'],
  [/eclipse distribution licen[sc]e|\bedl.?1|legal\/edl-?/i, 'BSD-3-Clause'],
  [/(3|three)[- ]clause bsd|bsd[- ](3|three)[- ]clause|(new|revised|modified) bsd/i, 'BSD-3-Clause'],
  [/(2|two)[- ]clause bsd|bsd[- ](2|two)[- ]clause|simplified bsd/i, 'BSD-2-Clause'],
  [/lesser general public licen[sc]e.*\b2\.1|\blgpl.?(v)?2\.1/i, 'LGPL-2.1-only'],
  [/lesser general public licen[sc]e.*\b3|\blgpl.?(v)?3/i, 'LGPL-3.0-only'],
  [/gpl.*classpath|gpl.?2.*\bcpe\b|classpath exception/i, 'GPL-2.0-only WITH Classpath-exception-2.0'],
  [/mozilla public licen[sc]e.*\b2|\bmpl.?2/i, 'MPL-2.0'],
  [/cddl.*\b1\.1/i, 'CDDL-1.1'],
  [/cddl|common development and distribution/i, 'CDDL-1.0'],
  [/cc0|creativecommons\.org\/publicdomain\/zero/i, 'CC0-1.0'],
]

/** Licences as SPDX where they are recognised, else as they were said. */
export function mavenLicences(texts: readonly string[]): string[] {
  const found = texts.flatMap((text) => {
    const shown = shownText(text.split(';')[0])
    const known = NAMES.find(([pattern]) => pattern.test(shown))
    return known === undefined ? licencesOf(shown) : [known[1]]
  })
  return [...new Set(found)]
}
