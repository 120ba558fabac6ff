import { describe, expect, it } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { rubygems } from './index.ts'

const LOCK = `GEM
  remote: https://rubygems.org/
  specs:
    rails (7.1.0)
      rack (>= 2)
    rack (3.0.0)
    rspec (3.12.0)
      diff-lcs (>= 1)
      rack
    diff-lcs (1.5.0)
    pry (0.14.0)
    puma (6.0.0)
    hidden (1.0.0)

DEPENDENCIES
  rails
  rspec
  pry
  puma
  hidden
`
const GEMFILE = `source "https://rubygems.org"
# gem "no"
gem "rails", "~> 7.1"
gem 'puma', group: :production
group :development, :test do
  gem "rspec", require: false
  platforms :mri do # here
    gem("pry")
  end
end
if ENV["X"]
  gem "rails"
end
gem "pry", groups: [:test, "development"]
`

async function scopes(gemfile: string) {
  const { components, diagnostics } = await catalogued(rubygems, { 'app/Gemfile': gemfile, 'app/Gemfile.lock': LOCK })
  return { scopes: Object.fromEntries(components.map(({ name, scope }) => [name, scope])), diagnostics }
}

describe('a Gemfile', () => {
  it('says what locked gems are for, and those that only they need', async () => {
    expect(await scopes(GEMFILE)).toEqual({
      scopes: {
        rails: 'runtime',
        rack: 'runtime',
        rspec: 'development',
        'diff-lcs': 'development',
        pry: 'development',
        puma: 'runtime',
        hidden: 'runtime',
      },
      diagnostics: [],
    })
  })

  it('that takes over what another file asks for is sure of what it names only', async () => {
    const { scopes: found } = await scopes(`gemspec\n${GEMFILE}`)
    expect(found).toMatchObject({ rails: 'runtime', rspec: 'development', 'diff-lcs': 'unknown', hidden: 'unknown' })
  })

  it.each(['', '\u0000', 'group do\n'.repeat(100_000), `gem "${'a'.repeat(1_000_000)}`, 'end\n'.repeat(1000)])(
    'that is broken loses no gem (%#)',
    async (content) => {
      const { scopes: found } = await scopes(content)
      expect(Object.keys(found)).toHaveLength(7)
    },
  )

  it('that is no text is named', async () => {
    expect((await scopes('\u0000')).diagnostics).toMatchObject([{ path: 'app/Gemfile', effect: 'partial' }])
  })

  it('called gems.rb says it of gems.locked', async () => {
    const { components } = await catalogued(rubygems, { 'gems.rb': GEMFILE, 'gems.locked': LOCK })
    expect(components.find(({ name }) => name === 'rspec')?.scope).toBe('development')
  })
})
