import { Unfit } from './contents.ts'

/** Bytes of the footer: an empty gzip member whose extra field says where the table begins (stargz-snapshotter, docs/estargz.md, "Footer"). */
export const LONGEST_FOOTER = 51
const LEGACY_FOOTER = 47

/** `%016xSTARGZ`. */
const PLACE = /^([0-9a-f]{16})STARGZ$/

/**
 * Where the member with the table begins and ends, from the last 51 bytes of a layer: eStargz's footer, or the 47 bytes of the older
 * stargz, whose extra field has no subfield. @throws Unfit.
 */
export function estargzTablePlace(
  footer: Uint8Array,
  blobBytes: number,
): { readonly offset: number; readonly end: number } {
  const text = placeText(footer) ?? placeText(footer.subarray(-LEGACY_FOOTER), true)
  const match = PLACE.exec(text ?? '')
  if (match === null) throw new Unfit('the layer does not end with the footer of an eStargz layer')
  const offset = Number.parseInt(match[1], 16)
  const end = blobBytes - (placeText(footer) === undefined ? LEGACY_FOOTER : LONGEST_FOOTER)
  if (!(offset < end)) throw new Unfit('its footer points outside of the layer')
  return { offset, end }
}

/** The text of the extra field (RFC 1952, section 2.3.1.1), when this is such a footer. */
function placeText(footer: Uint8Array, legacy = false): string | undefined {
  if (footer.length !== (legacy ? LEGACY_FOOTER : LONGEST_FOOTER)) return undefined
  const head = legacy ? [22, 0] : [26, 0, 0x53, 0x47, 22, 0]
  const isMember = footer[0] === 0x1f && footer[1] === 0x8b && footer[2] === 8 && footer[3] === 4
  if (!isMember || head.some((byte, i) => footer[10 + i] !== byte)) return undefined
  const start = 10 + head.length
  return Buffer.from(footer.subarray(start, start + 22)).toString('latin1')
}
