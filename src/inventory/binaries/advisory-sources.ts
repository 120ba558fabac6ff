/**
 * Under which name Bitnami publishes advisories of a program (https://github.com/bitnami/vulndb), by the program's id. These are records
 * of the projects' own advisories with ranges of the projects' own versions, whoever built the program. Programs that are not here stand
 * under "Not examined" with their versions: nobody publishes ranges of them that are free to use, but NVD by CPE.
 */
export const BITNAMI_NAMES: ReadonlyMap<string, string> = new Map([
  ['arangodb', 'arangodb'],
  ['clickhouse', 'clickhouse'],
  ['composer', 'composer'],
  ['envoy', 'envoy'],
  ['fluent-bit', 'fluent-bit'],
  ['git', 'git'],
  ['git-lfs', 'git-lfs'],
  ['haproxy', 'haproxy'],
  ['httpd', 'apache'],
  ['jre', 'java'],
  ['keydb', 'keydb'],
  ['lua', 'lua'],
  ['mariadb', 'mariadb'],
  ['memcached', 'memcached'],
  ['mongodb', 'mongodb'],
  ['nginx', 'nginx'],
  ['node', 'node'],
  ['openjdk', 'java'],
  ['openldap', 'openldap'],
  ['openresty', 'openresty'],
  ['pgbouncer', 'pgbouncer'],
  ['php', 'php'],
  ['postgresql', 'postgresql'],
  ['python', 'python'],
  ['redis', 'redis'],
  ['ruby', 'ruby'],
  ['sqlite', 'sqlite'],
  ['valkey', 'valkey'],
  ['varnish', 'varnish'],
  ['wp-cli', 'wp-cli'],
])
