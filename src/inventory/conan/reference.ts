import { packageUrl } from '../package-url.ts'
import type { StatedPackage } from '../stated-packages.ts'

/** The package of a reference, `name/version@user/channel#revision:package%time`; undefined for what has no name or version. */
export function parseReference(text: string): StatedPackage | undefined {
  const [recipe = ''] = text.split(/[#:%]/, 1)
  const [identity = '', owner = ''] = recipe.split('@')
  const [name = '', version = ''] = identity.split('/')
  if (name === '' || version === '' || name === 'None' || version === 'None') return undefined
  const [user = '', channel = ''] = owner.split('/')
  const namespace = user === '' || user === '_' ? {} : { namespace: user, qualifiers: { channel } }
  return {
    purl: packageUrl({ type: 'conan', ...namespace, name, version }),
    name,
    version,
    ecosystem: 'ConanCenter',
    presence: 'declared',
  }
}
