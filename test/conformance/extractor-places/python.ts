import { basename } from 'node:path'
import type { ExtractorSlice, Place } from './types.ts'

/** What Python projects lock. */
export const python: ExtractorSlice = {
  places: new Map<string, Place>([
    ['language/python/condameta', { cataloger: 'conda', path: () => 'opt/conda/conda-meta/name.json' }],
    ['language/python/pdmlock', { cataloger: 'pypi', path: () => 'app/pdm.lock' }],
    ['language/python/pipfilelock', { cataloger: 'pypi', path: () => 'app/Pipfile.lock' }],
    ['language/python/poetrylock', { cataloger: 'pypi', path: () => 'app/poetry.lock' }],
    ['language/python/pylock', { cataloger: 'pypi', path: () => 'app/pylock.toml' }],
    ['language/python/pyprojecttoml', { cataloger: 'pypi', path: () => 'app/pyproject.toml' }],
    ['language/python/setup', { cataloger: 'pypi', path: () => 'app/setup.py' }],
    ['language/python/requirements', { cataloger: 'pypi', path: (file) => `app/requirements-${basename(file)}` }],
  ]),
  notBuilt: [],
  gaps: {
    'language/python/requirements/testdata/per_req_options.txt':
      'pip refuses a line with other text behind the version, and installs nothing from it; the case has that text in the version',
  },
}
