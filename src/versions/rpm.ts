import {
  compareDigits,
  comparePieces,
  digitsOf,
  isDigit,
  isLetter,
  numberPiece,
  type Piece,
  skipDigits,
  skipLetters,
  textPiece,
} from './text.ts'
import type { VersionScheme } from './types.ts'

interface RpmVersion {
  readonly epoch: string
  readonly version: readonly Piece[]
  /** Undefined where the text has no `-`. */
  readonly release: readonly Piece[] | undefined
}

const TILDE = 0
const END = 1
const CARET = 2
const WORD = 3
const NUMBER = 4

/**
 * RPM's versions, `[epoch:]version[-release]`, as `rpmvercmp` orders them. A version without a release is before the same one
 * with any release. Text before a colon that is no number is no epoch but belongs to the version.
 */
export const rpm: VersionScheme<RpmVersion> = {
  id: 'rpm',
  ecosystems: [
    'Red Hat',
    'Rocky Linux',
    'AlmaLinux',
    'Oracle',
    'Oracle Linux',
    'CentOS',
    'Fedora',
    'Scientific',
    'Amazon',
    'Amazon Linux',
    'SUSE',
    'openSUSE',
    'Mageia',
    'openEuler',
    'Photon OS',
    'Azure Linux',
    'Bottlerocket',
    // Where OSV publishes nothing, an OS package's ecosystem is os-release's ID with the release.
    'rhel',
    'centos',
    'almalinux',
    'rocky',
    'ol',
    'amzn',
    'fedora',
    'scientific',
    'mariner',
    'azurelinux',
    'photon',
    'bottlerocket',
    'sles',
    'opensuse-leap',
    'opensuse-tumbleweed',
    'virtuozzo',
  ],
  specification: 'https://rpm-software-management.github.io/rpm/man/rpm-version.7',
  parse(text) {
    const trimmed = text.trim()
    const colon = skipDigits(trimmed, 0)
    const hasEpoch = colon > 0 && trimmed.charCodeAt(colon) === 58
    const rest = hasEpoch ? trimmed.slice(colon + 1) : trimmed
    const dash = rest.lastIndexOf('-')
    return {
      epoch: hasEpoch ? digitsOf(trimmed, 0, colon) : '',
      version: segments(dash < 0 ? rest : rest.slice(0, dash)),
      release: dash < 0 ? undefined : segments(rest.slice(dash + 1)),
    }
  },
  compare(a, b) {
    const order = compareDigits(a.epoch, b.epoch) || comparePieces(a.version, b.version, END)
    if (order !== 0) return order
    if (a.release === undefined) return b.release === undefined ? 0 : -1
    return b.release === undefined ? 1 : comparePieces(a.release, b.release, END)
  },
}

/** What `rpmvercmp` compares: runs of digits, runs of letters, `~` and `^`; all else separates only. */
function segments(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const start = at
    if (isDigit(code)) {
      at = skipDigits(text, at)
      pieces.push(numberPiece(NUMBER, digitsOf(text, start, at)))
    } else if (isLetter(code)) {
      at = skipLetters(text, at)
      pieces.push(textPiece(WORD, text.slice(start, at)))
    } else {
      if (code === 126) pieces.push(textPiece(TILDE, ''))
      if (code === 94) pieces.push(textPiece(CARET, ''))
      at++
    }
  }
  return pieces
}
