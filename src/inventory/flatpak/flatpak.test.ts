import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { flatpak } from './index.ts'

const APP = 'var/lib/flatpak/app/org.gnome.Maps/x86_64/stable'
const METADATA =
  '[Application]\nname=org.gnome.Maps\nruntime=org.gnome.Platform/x86_64/45\n\n[Context]\nshared=network;\n'
const APPDATA = `<?xml version="1.0"?>
<component type="desktop-application">
  <id>org.gnome.Maps</id>
  <project_license>GPL-2.0-or-later</project_license>
  <developer id="org.gnome"><name>The GNOME Project</name></developer>
  <releases>
    <release version="46.beta" date="2024-03-01" type="development"/>
    <release version="45.1" date="2023-09-20"/>
    <release version="45.5" date="2024-02-20"/>
  </releases>
</component>`

describe('flatpak', () => {
  it('lists applications with the version of their appdata, and runtimes', async () => {
    const { components, relations, diagnostics } = await catalogued(flatpak, {
      [`${APP}/0a1b/metadata`]: METADATA,
      [`${APP}/0a1b/files/share/metainfo/org.gnome.Maps.metainfo.xml`]: APPDATA,
      [`${APP}/0a1b/files/share/metainfo/other.metainfo.xml`]: '<component/>',
      'var/lib/flatpak/runtime/org.gnome.Platform/x86_64/45/9f/metadata': '[Runtime]\nname=org.gnome.Platform\n',
    })
    expect(diagnostics).toEqual([])
    expect(components.map(({ purl }) => purl)).toEqual([
      'pkg:flatpak/org.gnome.Maps@45.5?arch=x86_64&branch=stable',
      'pkg:flatpak/org.gnome.Platform@45?arch=x86_64&branch=45',
    ])
    expect(components[0]).toMatchObject({ licences: ['GPL-2.0-or-later'], supplier: 'The GNOME Project' })
    expect(relations).toEqual([{ from: components[0]?.id, to: components[1]?.id, kind: 'depends-on' }])
  })

  it('counts the commit in use only', async () => {
    const files = { [`${APP}/old/metadata`]: METADATA, [`${APP}/new/metadata`]: METADATA }
    const { components } = await catalogued(flatpak, files, { links: { [`${APP}/active`]: `${APP}/new` } })
    expect(components.map(({ evidence }) => evidence[0]?.path)).toEqual([`${APP}/new/metadata`])
  })

  it('reads what a running application has at its root', async () => {
    const { components } = await catalogued(flatpak, {
      '.flatpak-info': '[Application]\nname=org.x.Y\n[Instance]\narch=aarch64\nbranch=beta\n',
    })
    expect(components.map(({ purl }) => purl)).toEqual(['pkg:flatpak/org.x.Y@beta?arch=aarch64&branch=beta'])
  })

  it.each([
    ['flatpak/app/a/x/y/z/metadata', ''],
    ['flatpak/app/a/x/y/z/metadata', '[Application]\nname=a\u0007\n'],
    ['.flatpak-info', '[Application]\nname=a\n'],
    ['flatpak/app/a/x/y/z/files/share/metainfo/a.metainfo.xml', '<component>'],
    ['flatpak/app/a/x/y/z/files/share/metainfo/a.metainfo.xml', '<a>'.repeat(100_000)],
    [
      'flatpak/app/a/x/y/z/files/share/metainfo/a.metainfo.xml',
      '<!DOCTYPE a [<!ENTITY b "c">]><component><releases><release version="&b;"/></releases></component>',
    ],
  ])('names a broken %s (%#) and keeps the others', async (path, content) => {
    const { components, diagnostics } = await catalogued(flatpak, {
      [`bad/${path}`]: content,
      [`${APP}/0a1b/metadata`]: METADATA,
    })
    expect(components).toHaveLength(1)
    expect(diagnostics).toMatchObject([{ path: `bad/${path}`, effect: 'partial' }])
  })

  it('takes a version that is none for none', async () => {
    const { components } = await catalogued(flatpak, {
      [`${APP}/0a1b/metadata`]: METADATA,
      [`${APP}/0a1b/files/share/appdata/org.gnome.Maps.appdata.xml`]:
        '<component><releases><release version="1&#10;2" date="x"/></releases></component>',
    })
    expect(components.map(({ version }) => version)).toEqual(['stable'])
  })
})
