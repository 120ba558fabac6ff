import type { CommandEntry } from './command.ts'

/** Every command, one entry each. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'scan',
    summary: 'what is in an image, directory or file, and what is known against it',
    load: async () => (await import('./scan.ts')).scan,
  },
  {
    name: 'why',
    summary: 'why a weakness is, or is not, reported of a target',
    load: async () => (await import('./why.ts')).why,
  },
  {
    name: 'advisories',
    summary: 'the advisory database: update, status, search, explain, audit, build, publish',
    load: async () => (await import('./advisories.ts')).advisories,
  },
  {
    name: 'cache',
    summary: 'what is kept of layers that were read: status, clean',
    load: async () => (await import('./cache.ts')).cache,
  },
  {
    name: 'catalogers',
    summary: 'which package files are read, and what is taken from them: list',
    load: async () => (await import('./catalogers.ts')).catalogers,
  },
  {
    name: 'settings',
    summary: 'every setting with its value and where it comes from',
    load: async () => (await import('./settings-command.ts')).settings,
  },
  {
    name: 'demo',
    summary: 'scan the bundled example, offline, and explain what is seen',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'image',
    summary: "scan an image archive with Trivy's command line",
    load: async () => (await import('./trivy.ts')).image,
  },
  {
    name: 'fs',
    summary: "scan a source directory with Trivy's command line",
    load: async () => (await import('./trivy.ts')).fs,
  },
  {
    name: 'rootfs',
    summary: "scan a root file system with Trivy's command line",
    load: async () => (await import('./trivy.ts')).rootfs,
  },
  {
    name: 'repo',
    summary: "scan a local repository with Trivy's command line",
    load: async () => (await import('./trivy.ts')).repo,
  },
]

/** Commands that the design names and that are not built yet: said so, instead of "unknown". */
export const PLANNED: Readonly<Record<string, string>> = {
  sbom: 'SBOMs come with the gate',
  config: 'misconfiguration checks are not built yet',
  report: 'saved results come with the gate',
  compare: 'comparison comes with the gate',
  advise: 'advice on base images comes with the gate',
  policy: 'policies come with the gate',
  check: 'checks for secrets and misconfigurations are not built yet',
}
