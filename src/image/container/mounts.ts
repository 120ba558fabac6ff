import * as z from 'zod/mini'
import type { Diagnostic } from '../../model/diagnostic.ts'

/** Part of a runtime's configuration (OCI runtime-spec, config.md, "Mounts"). */
const runtimeSchema = z.object({
  mounts: z.optional(
    z.array(z.object({ destination: z.string(), type: z.optional(z.string()), source: z.optional(z.string()) })),
  ),
  annotations: z.optional(z.record(z.string(), z.string())),
})

/** Every container has these. */
const USUAL =
  /^\/(proc|sys|dev|etc\/(hosts|hostname|resolv\.conf)|run\/(\.containerenv|secrets|lock)|run|tmp|var\/tmp|\.dockerenv)(\/|$)/

/** A notice that names what is mounted and so no part of the container's file system; none where nothing is. */
export function mountNotice(runtimeConfig: unknown): readonly Diagnostic[] {
  const parsed = runtimeSchema.safeParse(runtimeConfig)
  if (!parsed.success) return []
  return noticeOf(
    (parsed.data.mounts ?? []).filter(({ type }) => type !== 'tmpfs').map(({ destination }) => destination),
  )
}

/** As {@link mountNotice}, from the paths alone. */
export function noticeOf(destinations: readonly string[]): readonly Diagnostic[] {
  const volumes = destinations.filter((path) => !USUAL.test(path)).sort()
  if (volumes.length === 0) return []
  const shown = volumes.slice(0, 5).map((path) => path.slice(0, 100))
  const more = volumes.length > shown.length ? ` and ${volumes.length - shown.length} more` : ''
  const message = `${shown.join(', ')}${more}: mounted volumes are no part of the container and were not looked at`
  return [{ code: 'volumes-not-read', message, effect: 'notice' }]
}
