import { after, around, before, type Program, program } from './program.ts'

const NUL = '\\x00'
/** What `java -version` prints: `17.0.9+9-LTS`, `1.8.0_392-b08`. */
const LONG = '(\\d{1,3}[\\w.+~-]{2,60})'
/** The name of the release, which is `0.0` where it is not set. */
const RELEASE = '\\d{1,3}(?:\\.\\d{1,3}){0,2}'

/** Java and its kin: the launcher, src/java.base/share/native/launcher/main.c with its names and versions one after the other. */
export const JAVA: readonly Program[] = [
  program(
    'graalvm',
    ['oracle:graalvm'],
    [around('-jvmci-2', `${NUL}(\\d{1,3}[.\\d]{0,12}\\+\\d{1,3}-jvmci-[.\\d]{1,10}-b\\d{1,3})${NUL}`, 96)],
    { namespace: 'oracle' },
  ),
  program(
    'openjdk',
    ['oracle:openjdk'],
    [
      after('\0openjdk\0java\0', `${RELEASE}${NUL}{1,16}${LONG}${NUL}`),
      before('\0openjdk\0java\0', `${NUL}${RELEASE}${NUL}{1,16}${LONG}${NUL}{0,16}`, 96),
    ],
    { namespace: 'oracle', unless: ['graalvm'] },
  ),
  program('ibm-java', ['ibm:java'], [after('IBM_JAVA', `[^\\x00]{0,64}${NUL}{1,8}${LONG}${NUL}`, 256)], {
    namespace: 'ibm',
    named: 'java',
  }),
  program(
    'jre',
    ['oracle:jre'],
    [around('\0java\x001.', `${NUL}1\\.[5-8]${NUL}{1,16}(1\\.[5-8]\\.0_\\d{1,3}-b\\d{1,3})${NUL}`, 64)],
    { namespace: 'oracle', unless: ['openjdk', 'graalvm', 'ibm-java'] },
  ),
]
