import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { shownText } from '../recorded-text.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'

/** So much WordPress itself reads of a file to find its head (`get_file_data`). */
const HEAD_BYTES = 8192
/** A plugin's own folder or file, and a theme's own folder: what lies deeper is part of them. */
const PLUGIN = /(?:^|\/)wp-content\/(?:mu-)?plugins\/(?:([^/]+)\/)?([^/]+)\.php$/
const THEME = /(?:^|\/)wp-content\/themes\/([^/]+)\/style\.css$/

interface Field {
  readonly text: string
  readonly line: number
}

/** WordPress itself, by the version that its `version.php` sets. */
export function readCore(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('wordpress-version-unreadable', file.path)
  // Other files of that name lie deeper, in libraries that came along.
  if (!/(?:^|\/)wp-includes\/version\.php$/.test(file.path)) return stated.result()
  const lines = linesOf(decodeText(file.bytes))
  const at = lines.findIndex((line) => /^\s{0,40}\$wp_version\s{0,9}=/.test(line))
  const version = /=\s{0,9}(?:'([^'\\]{1,200})'|"([^"\\]{1,200})")/.exec(lines[at] ?? '')
  if (version === null) return stated.problem('it sets no version of WordPress').result()
  const text = version[1] ?? version[2]
  stated.add({
    purl: packageUrl({ type: 'generic', name: 'wordpress', version: text }),
    name: 'wordpress',
    version: text,
    ecosystem: 'WordPress',
    presence: 'installed',
    supplier: 'WordPress Foundation',
    cpes: [`cpe:2.3:a:wordpress:wordpress:${text.replace(/[^\w.-]/g, '\\$&')}:*:*:*:*:*:*:*`],
    lines: [at + 1, at + 1],
  })
  return stated.result()
}

/**
 * A plugin or theme by the head of its main file (https://developer.wordpress.org/plugins/plugin-basics/header-requirements/,
 * https://developer.wordpress.org/themes/basics/main-stylesheet-style-css/), named by its folder, as advisories do. A file without
 * such a head is a part of one.
 */
export function readExtension(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('wordpress-extension-unreadable', file.path)
  const plugin = PLUGIN.exec(file.path)
  const theme = THEME.exec(file.path)?.[1]
  const name = theme ?? plugin?.[1] ?? plugin?.[2]
  const fields = name === undefined ? new Map<string, Field>() : headOf(file.bytes)
  const title = fields.get(theme === undefined ? 'plugin name' : 'theme name')
  if (name === undefined || title === undefined) return stated.result()
  const version = fields.get('version')
  const kind = theme === undefined ? 'plugin' : 'theme'
  if (version === undefined) return stated.problem(`the ${kind} states no version`).result()
  stated.add({
    purl: packageUrl({ type: 'generic', namespace: `wordpress/${kind}`, name, version: version.text }),
    name,
    version: version.text,
    ecosystem: 'WordPress',
    presence: 'installed',
    supplier: fields.get('author')?.text ?? '',
    licences: licencesOf(fields.get('license')?.text ?? ''),
    lines: [version.line, version.line],
  })
  return stated.result()
}

function headOf(bytes: Uint8Array): Map<string, Field> {
  const fields = new Map<string, Field>()
  linesOf(decodeText(bytes.subarray(0, HEAD_BYTES))).forEach((line, index) => {
    const field = /^\s{0,40}(?:<\?php)?[\s/*#@]{0,40}(Plugin Name|Theme Name|Version|Author|License):(.{0,1000})/i.exec(
      line,
    )
    const text = field && shownText(field[2].replace(/\*\/.*$/, ''))
    if (field && text && !fields.has(field[1].toLowerCase()))
      fields.set(field[1].toLowerCase(), { text, line: index + 1 })
  })
  return fields
}
