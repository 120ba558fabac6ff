import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Endpoint } from '../types.ts'
import { isFolder, listConfigFolder, readConfigFile } from './config-file.ts'

type ClientCertificate = NonNullable<Endpoint['clientCertificate']>

/** Where certificates for one host may lie. */
export interface CertificateSources {
  /** Folders with `*.crt`, `*.cert` and `*.key` (containers-certs.d(5), docs.docker.com/engine/security/certificates). */
  readonly folders: readonly string[]
  /** Files with authorities that a configuration names. */
  readonly authorities: readonly string[]
  /** Files with client certificates that a configuration names. */
  readonly clients: readonly { readonly certificate: string; readonly key?: string }[]
}

/** What was read of them. */
export interface Certificates {
  /** PEM, one certificate each. */
  readonly authorities: readonly string[]
  readonly client?: ClientCertificate
}

/** Gets what is told while certificates are read. */
export interface CertificateNotes {
  readonly explain: (line: string) => void
  readonly problem: (line: string) => void
}

/** More authorities than this are not taken from one place. */
const MOST_AUTHORITIES = 5000
const MOST_FILES = 2000

/** Reads the certificates for one host. What cannot be used is a problem and is left out: it must not break every connection. */
export function readCertificates(sources: CertificateSources, notes: CertificateNotes): Certificates {
  const authorities = sources.authorities.flatMap((path) => hostAuthorities(path, notes))
  const clients = sources.clients.map(({ certificate, key }) => ({ certificate, key: key ?? certificate }))
  for (const folder of sources.folders) {
    const { names, problem } = listConfigFolder(folder, (name) => /\.(crt|cert|key)$/.test(name))
    if (problem !== undefined) notes.problem(problem)
    for (const name of names.slice(0, MOST_FILES)) {
      const path = join(folder, name)
      if (name.endsWith('.crt')) authorities.push(...hostAuthorities(path, notes))
      else if (name.endsWith('.cert')) clients.push({ certificate: path, key: keyBeside(path) })
      else if (!names.includes(name.replace(/key$/, 'cert')))
        notes.problem(`${path} has no certificate beside it (${name.replace(/key$/, 'cert')})`)
    }
  }
  return { authorities: [...new Set(authorities)], ...firstClient(clients, notes) }
}

/** The key's file of `x.cert`; the certificate's own where there is none, which may hold both. */
function keyBeside(certificate: string): string {
  const key = certificate.replace(/cert$/, 'key')
  return existsSync(key) ? key : certificate
}

function firstClient(
  clients: readonly { readonly certificate: string; readonly key: string }[],
  notes: CertificateNotes,
): { readonly client?: ClientCertificate } {
  let used: { readonly client: ClientCertificate } | undefined
  for (const { certificate, key } of clients) {
    if (used !== undefined)
      notes.explain(`certificates: ${certificate} is not used: one client certificate is sent to a host`)
    else {
      const client = readClient(certificate, key, notes)
      if (client === undefined) continue
      notes.explain(`certificates: the client certificate is ${certificate}`)
      used = { client }
    }
  }
  return used ?? {}
}

function readClient(path: string, keyPath: string, notes: CertificateNotes): ClientCertificate | undefined {
  const certificate = readNamed(path, notes)
  const key = keyPath === path ? certificate : readNamed(keyPath, notes)
  if (certificate === undefined || key === undefined) return undefined
  const { createPrivateKey, X509Certificate } = process.getBuiltinModule('node:crypto')
  try {
    const leaf = new X509Certificate(certificate)
    if (leaf.checkPrivateKey(createPrivateKey(key))) return { certificate, key }
    notes.problem(`the key ${keyPath} does not belong to the certificate ${path}`)
  } catch {
    // OpenSSL's own words can quote the file.
    notes.problem(
      `${path} and ${keyPath} are no client certificate and key in PEM form (a key with a passphrase cannot be used)`,
    )
  }
  return undefined
}

function readNamed(path: string, notes: CertificateNotes): string | undefined {
  const read = readConfigFile(path)
  if (read.text === undefined) notes.problem(read.missing ? `${path} is not there` : read.problem)
  return read.text
}

/** The certificates of a PEM file. A file that holds none is a problem: somebody meant it to. */
function readAuthorities(path: string, notes: CertificateNotes): readonly string[] {
  const text = readNamed(path, notes)
  if (text === undefined) return []
  const found = certificatesIn(text)
  if (found.length > 0) notes.explain(`certificates: ${found.length} of ${path} are authorities too`)
  else notes.problem(`${path} holds no certificate in PEM form`)
  return found
}

/** The authorities of a file as PEM, one each; what is broken in it is a problem. */
function hostAuthorities(path: string, notes: CertificateNotes): readonly string[] {
  const bodies = readAuthorities(path, notes)
  const found = bodies.flatMap((body) => asPem(body) ?? [])
  if (found.length < bodies.length) notes.problem(`${bodies.length - found.length} of ${path} are no certificates`)
  return found
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/** The certificates of PEM text (RFC 7468): base64 without white space, by which the same one is known again. */
function certificatesIn(text: string): readonly string[] {
  const found: string[] = []
  for (let from = text.indexOf(BEGIN); from >= 0 && found.length < MOST_AUTHORITIES; from = text.indexOf(BEGIN, from)) {
    const end = text.indexOf(END, from)
    if (end < 0) break
    found.push(text.slice(from + BEGIN.length, end).replace(/\s+/g, ''))
    from = end + END.length
  }
  return found
}

/** Such a body as PEM; undefined when it is no certificate: one that is broken would break every connection. */
function asPem(body: string): string | undefined {
  if (body === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return undefined
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  const pem = `${BEGIN}\n${(body.match(/.{1,64}/g) ?? []).join('\n')}\n${END}\n`
  try {
    return new X509Certificate(pem).raw.length > 0 ? pem : undefined
  } catch {
    return undefined
  }
}

/**
 * Authorities that the environment adds for every host: `SSL_CERT_FILE` and `SSL_CERT_DIR` (OpenSSL's and Go's names) and
 * `NODE_EXTRA_CA_CERTS`. Those that Node trusts anyway are left out: on most machines that is all of them, and then no connection
 * pays for parsing them.
 */
export function environmentAuthorities(
  environment: Readonly<Record<string, string | undefined>>,
  notes: CertificateNotes,
): readonly string[] {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders, NODE_EXTRA_CA_CERTS: extra } = environment
  const paths = [...(file ? [file] : []), ...(folders ? folders.split(':').filter(Boolean).flatMap(bundlesIn) : [])]
  // Node has read this one itself, if it was started with it.
  if (extra && process.env.NODE_EXTRA_CA_CERTS !== extra) paths.push(extra)
  if (paths.length === 0) return []
  const named = new Set([file, extra])
  const quiet = { explain: () => {}, problem: () => {} }
  const all = paths.flatMap((path) => readAuthorities(path, named.has(path) ? { ...notes, explain: () => {} } : quiet))
  const trusted = all.length === 0 ? new Set<string>() : trustedByNode()
  const fresh = [...new Set(all)].filter((body) => !trusted.has(body)).flatMap((body) => asPem(body) ?? [])
  notes.explain(
    `certificates: SSL_CERT_FILE, SSL_CERT_DIR or NODE_EXTRA_CA_CERTS add ${fresh.length} authorities to those that are trusted anyway`,
  )
  return fresh
}

/** Files of a folder of authorities, each once: such folders hold links by hash, and links to files, beside whole bundles. */
function bundlesIn(folder: string): readonly string[] {
  if (!isFolder(folder)) return []
  const seen = new Set<string>()
  const { names } = listConfigFolder(folder, () => true)
  return names
    .slice(0, MOST_FILES)
    .map((name) => join(folder, name))
    .filter((path) => {
      const found = statSync(path, { throwIfNoEntry: false })
      const id = `${found?.dev}:${found?.ino}`
      if (found?.isFile() !== true || seen.has(id)) return false
      seen.add(id)
      return true
    })
}

/** Bodies of the certificates that Node trusts by itself: its own list, or the system's where it was told so. */
function trustedByNode(): ReadonlySet<string> {
  const { getCACertificates } = process.getBuiltinModule('node:tls')
  return new Set(getCACertificates('default').flatMap(certificatesIn))
}
