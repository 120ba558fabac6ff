import { Failure } from '../../lib/failure.ts'
import { isAbsent, isDenied } from '../../lib/system-error.ts'
import { addressText, type EngineAddress } from './address.ts'

/** A connection that could not be made, as a Failure that says what to do: `engine-not-running`, `engine-forbidden`, `engine-unreachable`, `engine-tls`, `engine-answer-invalid`. */
export function connectionFailure(thrown: unknown, address: EngineAddress): Failure {
  if (thrown instanceof Failure) return thrown
  const error = thrown as NodeJS.ErrnoException
  const input = addressText(address)
  const code = error.code ?? ''
  const more = (hint: string): { input: string; hints: string[]; cause: unknown } => ({
    input,
    hints: [hint],
    cause: thrown,
  })
  if (isAbsent(error)) return new Failure('engine-not-running', 'there is no such socket', more('start the engine'))
  if (code === 'ECONNREFUSED')
    return new Failure('engine-not-running', 'nobody listens there', more('start the engine'))
  if (isDenied(error))
    return new Failure(
      'engine-forbidden',
      'permission denied on the socket',
      more(
        address.at === 'unix' && address.path.includes('docker')
          ? 'Docker lets root and members of the group docker in: sudo usermod -aG docker "$USER", and log in again'
          : 'run as the user whose engine it is, or as root',
      ),
    )
  if (code.startsWith('HPE_') || code === 'ERR_INVALID_PROTOCOL')
    return new Failure(
      'engine-answer-invalid',
      'what answers there does not speak HTTP',
      more('is it really an engine that listens there?'),
    )
  if (/CERT|TLS|SSL|ERR_OSSL|EPROTO|SELF_SIGNED|UNABLE_TO/.test(code))
    return new Failure(
      'engine-tls',
      `TLS does not come about: ${error.message.slice(0, 200)}`,
      more('see that ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH are those of this engine'),
    )
  return new Failure(
    'engine-unreachable',
    `cannot reach it: ${(error.message || code).slice(0, 200)}`,
    more('is the address right, and the engine started?'),
  )
}
