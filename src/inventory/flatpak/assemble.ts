import type { PlacedRow } from '../../reading/index.ts'
import { licencesOf } from '../licences.ts'
import { packageUrl } from '../package-url.ts'
import { refuseIdentity, shownText } from '../recorded-text.ts'
import { assembleTogether, type StatedPackage } from '../stated-packages.ts'
import type { AssembleContext, Assembled } from '../types.ts'
import type { Appdata, FlatpakFact, FlatpakMetadata } from './flatpak.ts'

type Row = PlacedRow<FlatpakFact>

/**
 * Installed applications and runtimes, those that are in use: an older commit may lie beside. An application's version is that of its appdata;
 * without one, and of runtimes, the branch is all that is known.
 */
export function assembleFlatpak(rows: readonly Row[], context: AssembleContext): Assembled {
  const winning = rows.filter((row) => row.wins)
  const described = new Map<string, Appdata>()
  for (const { path, facts } of winning)
    for (const fact of facts) if (fact.kind === 'appdata') described.set(placeOf(path), fact)
  const stated = winning
    .filter(({ path }) => isInUse(path, context))
    .map((row): PlacedRow<StatedPackage> => {
      const folder = row.path.slice(0, row.path.lastIndexOf('/') + 1)
      const facts = row.facts.flatMap((fact) =>
        fact.kind === 'appdata' ? [] : packageOf(fact, described.get(`${folder}${fact.name}`)),
      )
      return { ...row, facts }
    })
  return assembleTogether(stated, context, ({ path }) => /^(?:.*\/)?flatpak\//.exec(path)?.[0] ?? path)
}

/** The folder of the commit, and the id that the file is named after: `…/<commit>/files/share/metainfo/<id>.metainfo.xml`. */
function placeOf(path: string): string {
  const parts = path.split('/')
  const id = (parts.at(-1) ?? '').replace(/\.(?:metainfo|appdata)\.xml$/, '')
  return `${parts.slice(0, -4).join('/')}/${id}`
}

/** `active` is a link to the commit in use; where there is none all count. */
function isInUse(path: string, context: AssembleContext): boolean {
  if (!path.endsWith('/metadata')) return true
  const branch = path.split('/').slice(0, -2).join('/')
  const active = context.tree.resolve(`${branch}/active/metadata`)
  return active === undefined || active === path
}

function packageOf(fact: FlatpakMetadata, appdata: Appdata | undefined): StatedPackage {
  const { name, branch, architecture, runtime } = fact
  const said = appdata?.version ?? ''
  const version = refuseIdentity(name, said) === undefined ? said : branch
  const { licence, supplier } = appdata ?? {}
  return {
    purl: packageUrl({ type: 'flatpak', name, version, qualifiers: { arch: architecture, branch } }),
    name,
    version,
    ecosystem: 'flatpak',
    presence: 'installed',
    ...(architecture && { architecture }),
    licences: licencesOf(shownText(licence ?? '')),
    ...(supplier && { supplier: shownText(supplier) }),
    key: `${name}/${architecture ?? ''}/${branch}`,
    needs: runtime === undefined ? [] : [runtime],
  }
}
