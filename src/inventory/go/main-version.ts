/**
 * The version of a program's main module: the one that the build knew, else what the linker wrote into a variable called version
 * (`-ldflags "-X main.version=1.2.3"`), else one made of the commit as Go does (go.dev/ref/mod#pseudo-versions), else `(devel)`.
 */
export function mainVersion(stated: string, settings: Readonly<Record<string, string>>): string {
  if (stated !== '' && stated !== '(devel)') return stated
  const flags = settings['-ldflags']?.slice(0, 16_384) ?? ''
  for (const [, name = '', value = ''] of flags.matchAll(/-X[ =]["']?([^\s"'=]{1,300})=([^\s"']{1,100})/g))
    if (/(?:^|\.)(?:build|git|app|release)?_?version$/i.test(name) && /^v?\d+\.\d+/.test(value))
      return value.startsWith('v') ? value : `v${value}`
  const revision = settings['vcs.revision'] ?? ''
  const time = (settings['vcs.time'] ?? '').replace(/\D/g, '').slice(0, 14)
  if (/^[0-9a-f]{12,}$/.test(revision) && time.length === 14) return `v0.0.0-${time}-${revision.slice(0, 12)}`
  return '(devel)'
}
