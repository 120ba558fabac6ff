import { compareEpochRelease, type EpochReleaseVersion, parseEpochRelease } from './epoch-release.ts'
import { type Piece, textPiece, wordsAndNumbers } from './text.ts'
import type { VersionScheme } from './types.ts'

const TILDE = 0
const END = 1
const CARET = 2
const WORD = 3
const NUMBER = 4
const TILDE_PIECE = textPiece(TILDE, '')
const CARET_PIECE = textPiece(CARET, '')

/**
 * RPM's versions, `[epoch:]version[-release]`, as `rpmvercmp` orders them. A version without a release is before the same one
 * with any release. Text before a colon that is no number is no epoch but belongs to the version.
 */
export const rpm: VersionScheme<EpochReleaseVersion> = {
  id: 'rpm',
  ecosystems: [
    'Red Hat',
    'Rocky Linux',
    'AlmaLinux',
    'Oracle',
    'Oracle Linux',
    'CentOS',
    'Fedora',
    'EPEL',
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
  parse: (text) => parseEpochRelease(text, segments),
  compare: (a, b) => compareEpochRelease(a, b, END),
}

/** What `rpmvercmp` compares: runs of digits, runs of letters, `~` and `^`; all else separates only. */
function segments(text: string): readonly Piece[] {
  return wordsAndNumbers(text, WORD, NUMBER, (code) =>
    code === 126 ? TILDE_PIECE : code === 94 ? CARET_PIECE : undefined,
  )
}
