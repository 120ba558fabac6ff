import { after, around, before, type Program, program, THREE } from './program.ts'

const NUL = '\\x00'
/** `1.29.0-dev`. */
const ENVOY = '(1\\.\\d{1,2}\\.\\d{1,2}(?:-dev)?)'
/** `2.8-dev5`, `2.6.12`. */
const HAPROXY = '(\\d\\.\\d{1,2}(?:\\.|-dev|-rc)\\d{1,3})'

/** Servers of the web, of mail, names and messages; beside each, where its own source makes the text. */
export const SERVERS: readonly Program[] = [
  // src/core/nginx.c, `nginx -v`, with NGINX_VER of src/core/nginx.h
  program('nginx', ['f5:nginx', 'nginx:nginx'], [after('nginx version: nginx/', `${THREE}(?:\\+\\d+)?`)]),
  // the same, with the version of nginx first
  program('openresty', ['openresty:openresty'], [after('nginx version: openresty/', '(\\d{1,2}(?:\\.\\d{1,3}){2,3})')]),
  program('tengine', ['alibaba:tengine'], [after('Tengine version: Tengine/', THREE)]),
  // include/ap_release.h
  program(
    'httpd',
    ['apache:http_server'],
    [around('Apache/2.', 'Apache/(2\\.\\d{1,2}\\.\\d{1,3})(?:[ \\x00]|-dev)', 40)],
  ),
  // src/base.h with PACKAGE_STRING
  program('lighttpd', ['lighttpd:lighttpd'], [after('\0lighttpd/', `${THREE}${NUL}`)]),
  // include/haproxy/version.h and src/haproxy.c, `haproxy -v`
  program(
    'haproxy',
    ['haproxy:haproxy'],
    [
      before(', released 20', `version ${HAPROXY}(?:-[a-z0-9]{1,12})?`),
      after('HA-Proxy version ', HAPROXY),
      after('HAProxy version ', HAPROXY),
      around('HAProxy version %s', `${NUL}${HAPROXY}-[0-9a-zA-Z]{7}`, 4096),
    ],
  ),
  // source/common/version/version.cc, BUILD_VERSION_NUMBER
  program(
    'envoy',
    ['envoyproxy:envoy'],
    [
      around('envoy_reloadable_features', `${NUL}${ENVOY}${NUL}`, 1100),
      around('envoy.reloadable_features.', `${NUL}${ENVOY}${NUL}`, 1100),
      around('envoy_quic_', `${NUL}${ENVOY}${NUL}`, 1100),
      around('ValidationError', `${NUL}${ENVOY}${NUL}`, 1100),
    ],
    { also: ['envoy.filters.network'] },
  ),
  // configure.ac's PACKAGE_STRING, which `varnishd -V` prints
  program('varnish', ['varnish-software:varnish_cache'], [after('varnish-', `${THREE} revision`)]),
  program(
    'squid',
    ['squid-cache:squid'],
    ['3', '4', '5', '6', '7'].map((major) =>
      around(`\0squid/${major}`, `squid/(${major}\\.\\d{1,2}(?:\\.\\d{1,2})?)`, 24),
    ),
    { also: ['squid.conf'] },
  ),
  // include/version.h
  program(
    'proftpd',
    ['proftpd:proftpd'],
    [
      after('ProFTPD Version ', `(\\d\\.\\d{1,2}\\.\\d{1,2}[a-z]?)${NUL}`),
      after('ProFTPD ', `(\\d\\.\\d{1,2}\\.\\d{1,2}[a-z]?) (?:Server|\\()`),
    ],
  ),
  // vsftpver.h
  program('vsftpd', ['vsftpd_project:vsftpd'], [after('vsftpd: version ', THREE), after('(vsFTPd ', THREE)]),
  // version.c of each program of OpenLDAP
  program('openldap', ['openldap:openldap'], [after('$OpenLDAP: ', `[a-z]{1,24} ${THREE}`)]),
  // src/config.h, VERSION, of the DNS servers
  program('dnsmasq', ['thekelleys:dnsmasq'], [after('dnsmasq-', '(\\d\\.\\d{1,3}(?:\\.\\d{1,3})?)')]),
  program('unbound', ['nlnetlabs:unbound'], [after('\0unbound ', `${THREE}${NUL}`)]),
  program(
    'bind',
    ['isc:bind'],
    [
      around('\0BIND 9.', 'BIND (9\\.\\d{1,2}\\.\\d{1,3})', 24),
      around('named 9.', 'named (9\\.\\d{1,2}\\.\\d{1,3})', 32),
    ],
  ),
  // version.h
  program('openssh', ['openbsd:openssh'], [after('OpenSSH_', '(\\d{1,2}\\.\\d{1,2}p\\d)')]),
  program(
    'dropbear',
    ['dropbear_ssh_project:dropbear_ssh'],
    [after('SSH-2.0-dropbear_', '(\\d{4}\\.\\d{2}|0\\.\\d{2})')],
  ),
  // src/local_scan.h and exim.c
  program('exim', ['exim:exim'], [after('Exim version ', '(4\\.\\d{1,3}(?:\\.\\d{1,2})?)')]),
  program('postfix', ['postfix:postfix'], [after('mail_version=', '(\\d\\.\\d{1,2}\\.\\d{1,3})')]),
  program('dovecot', ['dovecot:dovecot'], [after('Dovecot v', '(\\d\\.\\d{1,2}\\.\\d{1,2}(?:\\.\\d{1,2})?)')]),
  // src/fluent-bit.c, FLB_VERSION_STR beside the banner
  program(
    'fluent-bit',
    ['treasuredata:fluent_bit'],
    [
      before('Fluent Bit', `${NUL}${THREE}${NUL}{1,2}(?:\\x1b\\[1m${NUL})?(?:%s)?`),
      around('Fluent Bit v%s', `${NUL}${THREE}${NUL}`, 64),
    ],
  ),
  // lib/mosquitto.h
  program('mosquitto', ['eclipse:mosquitto'], [after('mosquitto version ', `${THREE}`)]),
  // libcoturn's ns_turn_defs.h
  program('coturn', ['coturn_project:coturn'], [around('Coturn-4.', 'Coturn-(4\\.\\d{1,2}\\.\\d{1,2})', 24)]),
  // src/include/freeradius-devel/version.h
  program('freeradius', ['freeradius:freeradius'], [after('FreeRADIUS Version ', THREE)]),
]
