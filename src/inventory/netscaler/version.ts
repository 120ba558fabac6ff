import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText, linesOf } from '../documents/text.ts'
import { packageUrl } from '../package-url.ts'
import type { StatedPackage } from '../stated-packages.ts'

/** The version stands in the first lines. */
const MAX_HEAD_BYTES = 64 * 1024

/**
 * The release that a configuration was saved by (`#NS12.1 Build 55.329` at the head of `ns.conf`) or that the loader starts
 * (`kernel="/ns-12.1-55.329"` in `loader.conf`). Other files of these names say neither and are nobody's.
 */
export function readNetscalerVersion(file: FileBytes): ReadResult<StatedPackage> {
  const lines = linesOf(decodeText(file.bytes.subarray(0, MAX_HEAD_BYTES)))
  for (const [index, line] of lines.entries()) {
    const match =
      /^#\s*NS(\d{1,4}\.\d{1,4}) Build (\d{1,6}(?:\.\d{1,6}){0,3})\b/.exec(line) ??
      /^(?:kernel\s*=\s*"?)?\/?ns-(\d{1,4}\.\d{1,4})-(\d{1,6}(?:\.\d{1,6}){0,3})\b/.exec(line)
    if (match === null) continue
    const version = `${match[1]}-${match[2]}`
    const fact: StatedPackage = {
      purl: packageUrl({ type: 'generic', namespace: 'citrix', name: 'netscaler', version }),
      name: 'NetScaler',
      version,
      ecosystem: 'netscaler',
      presence: 'installed',
      supplier: 'Citrix',
      cpes: [`cpe:2.3:a:citrix:netscaler_application_delivery_controller:${version}:*:*:*:*:*:*:*`],
      lines: [index + 1, index + 1],
    }
    return { facts: [fact], diagnostics: [] }
  }
  return { facts: [], diagnostics: [] }
}
