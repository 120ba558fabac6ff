import { basename } from 'node:path'
import { podmanContainers } from '../../../src/inventory/containers/podman.ts'
import type { AnyCataloger } from '../../../src/inventory/index.ts'
import type { ExtractorSlice, Place } from './types.ts'

/** Operating systems' packages, containers, and what of languages came with them. */
export const house: ExtractorSlice = {
  places: new Map<string, Place>([
    [
      'os/dpkg',
      {
        cataloger: 'dpkg',
        path: (file) => (file.includes('/opkg/') ? 'usr/lib/opkg/status' : 'var/lib/dpkg/status'),
      },
    ],
    ['os/chisel', { cataloger: 'dpkg', path: () => 'var/lib/chisel/manifest.wall' }],
    ['os/apk', { cataloger: 'apk', path: () => 'lib/apk/db/installed' }],
    ['os/rpm', { cataloger: 'rpm', path: rpmPath }],
    ['os/pacman', { cataloger: 'pacman', path: () => 'var/lib/pacman/local/name-1-1/desc' }],
    ['os/portage', { cataloger: 'portage', path: () => 'var/db/pkg/category/name-1/PF' }],
    ['os/cos', { cataloger: 'cos', path: () => 'etc/cos-package-info.json' }],
    [
      'language/javascript/packagejson',
      // An installed package, or a project without lockfile, whose requirements count at the lowest version that they allow.
      { cataloger: 'npm', path: () => 'app/node_modules/name/package.json', otherPath: 'app/package.json' },
    ],
    [
      'language/javascript/packagelockjson',
      {
        cataloger: 'npm',
        path: (file) => `app/${file.includes('shrinkwrap') ? 'npm-shrinkwrap.json' : 'package-lock.json'}`,
      },
    ],
    ['language/python/wheelegg', { cataloger: 'pypi', path: wheelPath }],
    ['containers/podman', { cataloger: 'podman', path: podmanPath, withOptions: podmanWith }],
    ['containers/dockerbaseimage', { cataloger: 'dockerfile', path: () => 'app/Dockerfile' }],
  ]),
  notBuilt: [],
}

function podmanPath(file: string): string {
  return `var/lib/containers/storage/${file.endsWith('.sql') ? 'db.sql' : 'libpod/bolt_state.db'}`
}

function podmanWith(options: readonly string[]): AnyCataloger {
  return podmanContainers({ stopped: options.includes('IncludeStopped') }) as AnyCataloger
}

function rpmPath(file: string): string {
  return file.endsWith('.sqlite') ? 'var/lib/rpm/rpmdb.sqlite' : 'var/lib/rpm/Packages'
}

/** Wheels and eggs keep their metadata in files of different names; the case's name says which. */
function wheelPath(file: string): string {
  const name = basename(file)
  const site = 'usr/lib/python3/site-packages'
  if (name.includes('egginfo_pkginfo')) return `${site}/name-1.egg/EGG-INFO/PKG-INFO`
  return name.includes('egginfo') ? `${site}/name-1.egg-info` : `${site}/name-1.dist-info/METADATA`
}
