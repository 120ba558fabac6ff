import { after, around, before, MAX_AROUND_BYTES, type Program, program, THREE } from './program.ts'

const NUL = '\\x00'
/** What MySQL and its kin append: `8.0.4-rc`. */
const MYSQL = '(\\d{1,2}\\.\\d{1,2}\\.\\d{1,3})'

/** Databases and stores; beside each, where its own source makes the text. */
export const DATABASES: readonly Program[] = [
  // src/backend: PG_BACKEND_VERSIONSTR, and PG_VERSION_STR of configure
  program(
    'postgresql',
    ['postgresql:postgresql'],
    [
      after('postgres (PostgreSQL) ', '(\\d{1,2}(?:\\.\\d{1,2}){1,2}|\\d{1,2}(?:alpha|beta|rc)\\d)'),
      after('\0PostgreSQL ', '(\\d{1,2}(?:\\.\\d{1,2}){1,2}|\\d{1,2}(?:alpha|beta|rc)\\d)'),
    ],
  ),
  // paths of its sources as its own builds leave them
  program(
    'mysql',
    ['oracle:mysql'],
    [
      ...['5.', '8.', '9.'].map((major) => around(`/mysql-${major}`, `/mysql-${MYSQL}(?:-[a-z]{1,8})?/`, 40)),
      before('\0mysql_real_', `${NUL}${MYSQL}${NUL}{0,16}`),
    ],
    {
      unless: ['percona-server', 'percona-xtradb-cluster', 'percona-xtrabackup', 'mariadb'],
    },
  ),
  program('percona-server', ['oracle:mysql', 'percona:percona_server'], [after('/percona-server-', MYSQL)]),
  program(
    'percona-xtradb-cluster',
    ['oracle:mysql', 'percona:percona_server', 'percona:xtradb_cluster'],
    [after('/Percona-XtraDB-Cluster-', MYSQL)],
  ),
  program('percona-xtrabackup', ['percona:xtrabackup'], [after('/percona-xtrabackup-', MYSQL)]),
  // include/my_global.h's server version
  program('mariadb', ['mariadb:mariadb'], [before('-MariaDB', MYSQL)]),
  // src/mongo/util/version: what stands beside the list of compilers or of allocators
  program(
    'mongodb',
    ['mongodb:mongodb'],
    [
      before('\0tcmalloc', MYSQL),
      before('\0heap_size', `${MYSQL}${NUL}{0,8}`),
      before('\0cppdefines', `${MYSQL}${NUL}{0,8}`),
    ],
    { also: ['mongodb://'] },
  ),
  // src/release.c, redisBuildIdRaw: version, host and time of the build
  program(
    'redis',
    ['redislabs:redis', 'redis:redis'],
    [
      around('redis_version:', `${NUL}${MYSQL}[A-Za-z][\\w.-]{0,64}-\\d{9,19}`, MAX_AROUND_BYTES),
      after('Redis version ', MYSQL),
      before('buildkitsandbox-', `[^\\d.]${MYSQL}`),
    ],
    { also: ['redis_version'], unless: ['valkey', 'keydb', 'dragonfly'] },
  ),
  program(
    'valkey',
    ['lfprojects:valkey', 'linuxfoundation:valkey', 'valkey-io:valkey'],
    [
      before('buildkitsandbox-', `[^\\d.]${MYSQL}`),
      around('valkey_version:', `${NUL}(?:valkey)?${MYSQL}[A-Za-z][\\w.-]{0,64}-\\d{9,19}`, MAX_AROUND_BYTES),
    ],
    { also: ['valkey_version'] },
  ),
  program('keydb', ['snap:keydb'], [after('KeyDB version ', MYSQL)]),
  program('dragonfly', ['dragonflydb:dragonfly'], [after('dragonfly v', THREE)]),
  // memcached.c, `memcached -V`
  program('memcached', ['memcached:memcached'], [after('memcached ', `${THREE}(?:\\x00|\\n)`)]),
  // sqlite3.c, SQLITE_SOURCE_ID and SQLITE_VERSION in one another's neighbourhood
  program(
    'sqlite',
    ['sqlite:sqlite'],
    [around('SQLite format 3', `${NUL}(3\\.\\d{1,2}\\.\\d{1,2}(?:\\.\\d)?)${NUL}`, MAX_AROUND_BYTES)],
    { also: ['sqlite_version'], part: true, unless: ['sqlcipher'] },
  ),
  program(
    'sqlcipher',
    ['zetetic:sqlcipher'],
    [around('cipher_version', `[^\\d]${NUL}(4\\.\\d{1,2}\\.\\d{1,2})(?: community)?${NUL}`, MAX_AROUND_BYTES)],
    { also: ['sqlite_version'] },
  ),
  // arangod's rest/Version.cpp
  program(
    'arangodb',
    ['arangodb:arangodb'],
    [before(' [linux]', '(\\d\\.\\d{1,2}\\.\\d{1,3}(?:-\\d{1,2})?)(?: enterprise)?')],
    { also: ['arangosh'] },
  ),
  // src/common/config: VERSION_FULL
  program('clickhouse', ['clickhouse:clickhouse'], [after('ClickHouse ', '(\\d{2}\\.\\d{1,2}\\.\\d{1,3}\\.\\d{1,6})')]),
  program('pgbouncer', ['pgbouncer:pgbouncer'], [after('PgBouncer ', THREE)]),
]
