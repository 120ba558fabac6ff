import { assert, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDaemonJson } from './daemon-json.ts'
import { listsRegistry, parseAddress } from './host.ts'
import { parseHostsToml } from './hosts-toml.ts'

const hosts = (text: string): ReturnType<typeof parseHostsToml> => parseHostsToml(text, '/certs.d/x')

describe('hosts.toml', () => {
  it('reads hosts in their order and the server', () => {
    const {
      hosts: found,
      server,
      problems,
    } = hosts(`
      server = "https://registry-1.docker.io"
      skip_verify = false
      [host."https://b.example/us"]
      capabilities = ["pull"]
      ca = "ca.pem"
      client = "both.pem"
      [host."https://a.example/v2/upstream"]
      override_path = true
      ca = ["/one.pem", "two.pem"]
      client = [["c.cert", "c.key"], ["both.pem", ""]]
      [host."https://a.example/v2/upstream".header]
      x-one = "1"
      x-two = ["2", "3"]
      [host."http://c.example:5000"]
      capabilities = ["pull", "resolve", "push"]
      skip_verify = true
    `)
    expect(problems).toEqual([])
    expect(found.map(({ address }) => address)).toEqual([
      { scheme: 'https', authority: 'b.example', path: '/us/v2' },
      { scheme: 'https', authority: 'a.example', path: '/v2/upstream' },
      { scheme: 'http', authority: 'c.example:5000', path: '/v2' },
    ])
    expect(found[0]).toMatchObject({ pull: true, resolve: false, authorities: ['/certs.d/x/ca.pem'] })
    expect(found[0].clients).toEqual([{ certificate: '/certs.d/x/both.pem' }])
    expect(found[1].authorities).toEqual(['/one.pem', '/certs.d/x/two.pem'])
    expect(found[1].clients).toEqual([
      { certificate: '/certs.d/x/c.cert', key: '/certs.d/x/c.key' },
      { certificate: '/certs.d/x/both.pem' },
    ])
    expect([...found[1].headers]).toEqual([
      ['x-one', '1'],
      ['x-two', '2, 3'],
    ])
    expect(found[2]).toMatchObject({ pull: true, resolve: true, skipVerify: true })
    expect(server).toMatchObject({ address: { authority: 'registry-1.docker.io', path: '/v2' }, skipVerify: false })
  })

  it.each([
    ['host = 3', '"host" is no table'],
    ['server = 3', '"server" is no http or https address'],
    ['[host."ftp://a.example"]', 'host 1 is no http or https address'],
    ['[host."https://user:hush@a.example"]', 'host 1 is no http or https address'],
    ['[host]\n"https://a.example" = 1', 'is no table'],
    ['[host."https://a.example"]\ncapabilities = "pull"', 'no list of texts'],
    ['[host."https://a.example"]\ncapabilities = ["guess"]', 'unknown capability "guess"'],
    ['[host."https://a.example"]\nca = 1', 'neither a path nor'],
    ['[host."https://a.example"]\nclient = [["a", "b", "c"]]', 'pairs of certificate and key'],
    ['[host."https://a.example"]\nskip_verify = "no"', 'neither true nor false'],
    ['[host."https://a.example".header]\nauthorization = 1', 'is no header'],
    ['[host."https://a.example".header]\nauthorization = "hush\\r\\nx: y"', 'is no header'],
    ['[host."https://a.example".header]\nHost = "else.example"', "client's own"],
  ])('says what is wrong with %j', (text, problem) => {
    const { problems } = hosts(text)
    expect(problems.join('\n')).toContain(problem)
    expect(problems.join('\n')).not.toContain('hush')
  })

  it('does not quote a file that is not TOML', () => {
    expect(hosts('[host."https://a.example".header]\nauthorization = "hush').broken).toMatch(/^it is not TOML \(line 2/)
  })

  it('answers for any text', () => {
    assert(property(string(), (text) => hosts(text).hosts.length === 0))
  })
})

describe('daemon.json', () => {
  it('reads mirrors and insecure registries', () => {
    const text = JSON.stringify({
      'registry-mirrors': ['https://mirror.example/', 'http://127.0.0.1:5000'],
      'insecure-registries': ['reg.example:5000', '10.0.0.0/8'],
    })
    expect(parseDaemonJson(text)).toEqual({
      mirrors: [
        { scheme: 'https', authority: 'mirror.example', path: '' },
        { scheme: 'http', authority: '127.0.0.1:5000', path: '' },
      ],
      insecure: ['reg.example:5000', '10.0.0.0/8'],
      problems: [],
    })
  })

  it.each([
    ['{', 'not JSON'],
    ['{"registry-mirrors": "x"}', 'no list'],
    ['{"registry-mirrors": ["https://user:hush@mirror.example"]}', 'registry mirror 1 is no http'],
    ['{"insecure-registries": ["hush@reg.example"]}', 'neither a host nor a block'],
  ])('says what is wrong with %s', (text, problem) => {
    const { problems } = parseDaemonJson(text)
    expect(problems.join('\n')).toContain(problem)
    expect(problems.join('\n')).not.toContain('hush')
  })
})

describe('addresses of registries', () => {
  it.each([
    ['reg.example', 'reg.example', true],
    ['reg.example', 'reg.example:5000', false],
    ['reg.example:5000', 'reg.example:5000', true],
    ['https://reg.example:5000/', 'reg.example:5000', true],
    ['10.0.0.0/8', '10.1.2.3:5000', true],
    ['10.0.0.0/8', '11.1.2.3:5000', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['fd00::/8', '[fd00::2]:5000', true],
    ['*', 'anything:1', true],
  ])('the list %s names %s: %s', (entry, authority, expected) => {
    expect(listsRegistry([entry], authority)).toBe(expected)
  })

  it('may stand for all ports', () => {
    expect(listsRegistry(['reg.example'], 'reg.example:5000', { anyPort: true })).toBe(true)
    expect(listsRegistry(['reg.example:1'], 'reg.example:5000', { anyPort: true })).toBe(false)
  })

  it.each([['ftp://a'], ['https://u@a'], ['https://a?x'], ['https://'], ['file:///etc'], ['https://a#b']])(
    'refuses %s',
    (text) => {
      expect(parseAddress(text)).toBeUndefined()
    },
  )
})
