import type { FileBytes, ReadResult } from '../../reading/index.ts'
import { decodeText } from '../documents/text.ts'
import { packageUrl } from '../package-url.ts'
import { type StatedPackage, StatedPackages } from '../stated-packages.ts'
import { erlangTerms, listItems, property, termText, tupleItems } from './erlang-terms.ts'

/**
 * Applications that come with Erlang/OTP (https://www.erlang.org/doc/applications) and with Elixir: they are released with it and are no
 * packages of Hex.
 */
const OTP: ReadonlySet<string> = new Set(
  `asn1 common_test compiler crypto debugger dialyzer diameter edoc eldap erl_docgen erl_interface erts et eunit ftp
  hipe inets jinterface kernel megaco mnesia observer odbc os_mon parsetools public_key reltool runtime_tools sasl
  snmp ssh ssl stdlib syntax_tools tftp tools wx xmerl elixir eex ex_unit iex logger mix`.split(/\s+/),
)

/**
 * An installed application of OTP, by its resource file `ebin/<name>.app` (https://www.erlang.org/doc/apps/kernel/app): a package of Hex, or
 * part of Erlang or Elixir itself. What it needs are names of other applications.
 */
export function readApplication(file: FileBytes): ReadResult<StatedPackage> {
  const stated = new StatedPackages('otp-application-unreadable', file.path)
  const [resource] = erlangTerms(decodeText(file.bytes)) ?? []
  const [kind, called, list] = tupleItems(resource) ?? []
  if (termText(kind) !== 'application') return stated.problem('the file describes no application of Erlang').result()
  const properties = listItems(list)
  const name = termText(called) ?? ''
  const version = termText(property(properties, 'vsn')) ?? ''
  // Templates of sources say how the version is found, or nothing.
  if (version === '' || /^(?:git|semver|%VSN%|@VSN@)$/.test(version)) return stated.result()
  const isOtp = OTP.has(name)
  stated.add({
    purl: packageUrl({ type: isOtp ? 'otp' : 'hex', name: name.toLowerCase(), version }),
    name,
    version,
    ecosystem: isOtp ? 'otp' : 'Hex',
    presence: 'installed',
    key: name,
    needs: listItems(property(properties, 'applications')).flatMap((one) => termText(one) ?? []),
  })
  return stated.result()
}
