import { DATABASES } from './databases.ts'
import { JAVA } from './java.ts'
import { LANGUAGES } from './languages.ts'
import { MEDIA } from './media.ts'
import type { Program } from './program.ts'
import { SERVERS } from './servers.ts'
import { TOOLS } from './tools.ts'

/** All programs that are recognised. A new one is one entry of one of these lists. */
export const PROGRAMS: readonly Program[] = [...LANGUAGES, ...JAVA, ...SERVERS, ...DATABASES, ...TOOLS, ...MEDIA]
