import process from 'node:process'
import { Failure } from '../../lib/failure.ts'

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

const MACHINE: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm: 'arm', arm64: 'arm64' }
const SPELLINGS: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
}

/** `os/architecture[/variant]` as the user wrote it. @throws Failure `platform-invalid`, kind usage. */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...more] = text.split('/')
  if (!os || !architecture || more.length > 0) {
    throw new Failure('platform-invalid', `"${text}" is no platform`, {
      kind: 'usage',
      input: '--platform',
      hints: ['write it as os/architecture or os/architecture/variant: linux/arm64, linux/arm/v7'],
    })
  }
  const known = SPELLINGS[architecture] ?? architecture
  return variant ? { os, architecture: known, variant } : { os, architecture: known }
}

/** The platform whose containers run here: always Linux, in the machine's architecture. */
export function machinePlatform(): Platform {
  return { os: 'linux', architecture: MACHINE[process.arch] ?? process.arch }
}

/** Whether an image for `offered` is what `wanted` asks for; a variant counts when it is asked for (arm64 is v8 by itself). */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return false
  return wanted.variant === undefined || variantOf(offered) === variantOf(wanted)
}

function variantOf(platform: Platform): string | undefined {
  return platform.variant ?? (platform.architecture === 'arm64' ? 'v8' : undefined)
}

/** A platform as it is written: `linux/arm64/v8`. */
export function platformText(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`
  return platform.variant ? `${base}/${platform.variant}` : base
}
