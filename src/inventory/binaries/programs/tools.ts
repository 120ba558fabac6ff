import { after, around, before, MAX_AROUND_BYTES, type Program, program, THREE, TWO_OR_THREE } from './program.ts'

const NUL = '\\x00'

/** Shells and programs of the command line, and what they are linked with; beside each, where its own source makes the text. */
export const TOOLS: readonly Program[] = [
  // version.c, dist_version with `@(#)Bash version`
  program('bash', ['gnu:bash'], [after('@(#)Bash version ', `${THREE}\\(\\d{1,3}\\) [a-z0-9]{1,12} GNU`)]),
  program(
    'zsh',
    ['zsh:zsh'],
    [around('ZSH_VERSION', `${NUL}zsh-(5\\.\\d{1,2}(?:\\.\\d{1,2})?)-0-g`, MAX_AROUND_BYTES)],
  ),
  program('fish', ['fishshell:fish'], [after('fish, version ', THREE)]),
  // libbb/messages.c, bb_banner
  program('busybox', ['busybox:busybox'], [after('BusyBox v', THREE)]),
  program('toybox', ['landley:toybox'], [around('toybox 0', `toybox (0\\.\\d{1,2}\\.\\d{1,2})${NUL}`, 24)]),
  // include/c.h, UTIL_LINUX_VERSION
  program('util-linux', ['kernel:util-linux'], [after('\0util-linux ', `${TWO_OR_THREE}${NUL}`)]),
  // lib/version-etc.c with each program's Version
  program('coreutils', ['gnu:coreutils'], [around('\0GNU coreutils\0', `${NUL}(\\d{1,2}\\.\\d{1,3})${NUL}`, 4096)]),
  program('tar', ['gnu:tar'], [around('\0GNU tar\0', `${NUL}(1\\.\\d{1,3}(?:\\.\\d{1,3})?)${NUL}`, 4096)]),
  program(
    'gzip',
    ['gnu:gzip'],
    [around('file size changed while zipping', `${NUL}(1\\.\\d{1,2}(?:\\.\\d{1,3})?)${NUL}`, 512)],
  ),
  program(
    'wget',
    ['gnu:wget'],
    [around('GNU Wget %s built on', `${NUL}(1\\.\\d{2}(?:\\.\\d{1,2})?)${NUL}`, MAX_AROUND_BYTES)],
  ),
  program(
    'bzip2',
    ['bzip:bzip2'],
    [after('bzip2/libbzip2, a block-sorting', '[^\\x00]{0,120}Version (1\\.\\d\\.\\d{1,2}),', 256)],
  ),
  // src/xz/message.c; src/liblzma says only numbers
  program('xz', ['tukaani:xz'], [after('\0xz (XZ Utils) ', THREE)]),
  // programs/zstdcli.c, ZSTD_VERSION beside the name
  program(
    'zstd',
    ['facebook:zstandard'],
    [
      before('Zstandard CLI', `${NUL}v?${THREE}${NUL}{1,8}`),
      before('zstd command line interface', `${NUL}v?${THREE}${NUL}{1,8}`),
    ],
  ),
  program('lz4', ['lz4_project:lz4'], [around('LZ4 command line interface', `${NUL}v?${THREE}${NUL}`, 512)]),
  program('7-zip', ['7-zip:7-zip'], [after('\n7-Zip (', '[^\\x00\\d]{0,16}(\\d{2}\\.\\d{2})')]),
  program('unzip', ['info-zip:unzip'], [around('UnZip 6.', 'UnZip (6\\.\\d{2}) of ', 24)]),
  program(
    'rsync',
    ['samba:rsync'],
    [
      around('rsync  version', 'version (3\\.\\d\\.\\d{1,2})', 64),
      around('rsyncd.conf', `${NUL}(3\\.\\d\\.\\d{1,2})${NUL}`, 32 * 1024),
    ],
  ),
  // src/jq main: JQ_VERSION
  program('jq', ['jqlang:jq'], [around('Bad JSON in --', `${NUL}(?:jq-)?(1\\.\\d{1,2}(?:\\.\\d{1,2})?)${NUL}`, 8192)]),
  // include/curl/curlver.h, src/tool_version.h; distributions append their own revision
  program(
    'curl',
    ['haxx:curl'],
    [
      ...['7.', '8.'].map((major) => around(`\0curl/${major}`, `curl/${THREE}`, 24)),
      around('Build-time engines', `${NUL}(\\d\\.\\d{1,3}\\.\\d)[^\\x00]{0,24}${NUL}`, 512),
    ],
  ),
  program('libcurl', ['haxx:libcurl'], [after('\0libcurl/', THREE)], { part: true, unless: ['curl'] }),
  // version.c, git_user_agent
  program('git', ['git-scm:git', 'git:git'], [before('\0GIT_USER_AGENT', 'git/([12]\\.\\d{1,3}\\.\\d{1,3})')]),
  program('git-lfs', ['git-lfs:git_lfs'], [after('git-lfs/', THREE)]),
  program('subversion', ['apache:subversion'], [around('\0SVN/1.1', 'SVN/(1\\.\\d{1,2}\\.\\d{1,2})', 16)]),
  program('mercurial', ['mercurial:mercurial'], [after('mercurial/', '(\\d\\.\\d{1,2}(?:\\.\\d)?)')]),
  // include/openssl/opensslv.h, OPENSSL_VERSION_TEXT
  program(
    'openssl',
    ['openssl:openssl'],
    [
      after(
        '\0OpenSSL ',
        `(\\d\\.\\d\\.\\d{1,3}(?:[a-z]{1,2}|-(?:alpha|beta|pre|rc)\\d{1,2})?)(?:-fips)? {1,2}\\d{1,2} [A-Z][a-z]{2} \\d{4}`,
      ),
    ],
    { part: true, unless: ['aws-lc', 'libressl'] },
  ),
  program('aws-lc', ['amazon:aws_libcrypto'], [after('(compatible; AWS-LC ', `${THREE}\\)`)], { part: true }),
  program('libressl', ['openbsd:libressl'], [after('\0LibreSSL ', `(\\d\\.\\d\\.\\d{1,2})${NUL}`)], { part: true }),
  program('gnutls', ['gnu:gnutls'], [around('GnuTLS %s', `${NUL}(3\\.\\d{1,2}\\.\\d{1,2})${NUL}`, 4096)], {
    part: true,
  }),
  program('wolfssl', ['wolfssl:wolfssl'], [around('wolfSSL ', `${NUL}(\\d\\.\\d{1,2}\\.\\d{1,2})${NUL}`, 8192)], {
    part: true,
  }),
  program('mbed-tls', ['arm:mbed_tls'], [after('mbed TLS ', THREE), after('Mbed TLS ', THREE)], { part: true }),
  program('libssh2', ['libssh2:libssh2'], [after('SSH-2.0-libssh2_', THREE)], { part: true }),
  program('libssh', ['libssh:libssh'], [after('SSH-2.0-libssh_', THREE)], { part: true }),
  // deflate.c and inflate.c of zlib
  program('zlib', ['zlib:zlib'], [around(' deflate 1.', ' deflate (1\\.\\d\\.\\d{1,2}(?:\\.\\d)?) Copyright', 64)], {
    part: true,
  }),
  program('expat', ['libexpat_project:libexpat'], [around('\0expat_2', `expat_(2\\.\\d{1,2}\\.\\d{1,2})${NUL}`, 24)], {
    part: true,
  }),
  program('libpng', ['libpng:libpng'], [after('libpng version ', `(1\\.\\d\\.\\d{1,3})`)], { part: true }),
  program('gnupg', ['gnupg:gnupg'], [after('gpg (GnuPG) ', THREE)]),
  program('sudo', ['sudo_project:sudo'], [after('Sudo version ', '(1\\.\\d\\.\\d{1,2}(?:p\\d)?)')]),
  program('vim', ['vim:vim'], [after('VIM - Vi IMproved ', '(\\d\\.\\d{1,2}) \\(')]),
  program('nmap', ['nmap:nmap'], [after('Nmap version ', '(\\d\\.\\d{2})')]),
  program('tcpdump', ['tcpdump:tcpdump'], [around('tcpdump.org', `${NUL}(4\\.\\d{1,2}\\.\\d{1,2})${NUL}`, 8192)]),
  program('openvpn', ['openvpn:openvpn'], [after('OpenVPN ', '(2\\.\\d{1,2}\\.\\d{1,2}) ')]),
  program('samba', ['samba:samba'], [around('\0Samba 4', 'Samba (4\\.\\d{1,2}\\.\\d{1,2})', 24)]),
]
