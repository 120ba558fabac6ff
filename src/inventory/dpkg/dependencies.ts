import type { Dependent } from '../depends-on.ts'
import type { StatusFact } from './status.ts'

/** A record as relations see it (deb-control(5), Debian Policy 7.1): `a | b` are alternatives, of Multi-Arch packages one's own architecture is preferred. */
export function dependentOf(id: string, fact: StatusFact): Dependent {
  const own = fact.architecture ?? ''
  return {
    id,
    names: [fact.name, `${fact.name}:${own}`],
    provides: (fact.provides ?? '').split(',').map(bareName).filter(Boolean),
    needs: function* () {
      for (const group of (fact.depends ?? '').split(',')) {
        yield group
          .split('|')
          .map(bareName)
          .filter(Boolean)
          .flatMap((name) => [`${name}:${own}`, name])
      }
    },
  }
}

/** `libc6:any (>= 2.34) [amd64] <!nocheck>` without all but the name. */
function bareName(text: string): string {
  const trimmed = text.trim()
  const end = trimmed.search(/[\s(:[<]/)
  return end < 0 ? trimmed : trimmed.slice(0, end)
}
