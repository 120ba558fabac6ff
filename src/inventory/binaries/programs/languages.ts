import { after, around, before, inComment, MAX_AROUND_BYTES, type Program, program, THREE } from './program.ts'

const NUL = '\\x00'
/** `25.3.2.6`, `26.0-rc1`. */
const OTP = '(\\d{1,3}\\.\\d{1,3}(?:\\.\\d{1,3}){0,2}(?:-rc\\d)?)'

/** Interpreters, compilers and runtimes; beside each, where its own source makes the text. */
export const LANGUAGES: readonly Program[] = [
  // Python/getversion.c, PyVersion beside its format; Python/initconfig.c and Modules/main.c, `Python %s` with PY_VERSION
  program(
    'python',
    ['python_software_foundation:python', 'python:python'],
    [
      around('%.80s (%.80s) %.80s', `${NUL}([23]\\.\\d{1,2}\\.\\d{1,2}(?:a|b|rc)?\\d{0,2}\\+?)${NUL}`, 4096),
      around('Python %s\n', `${NUL}([23]\\.\\d{1,2}\\.\\d{1,2}(?:a|b|rc)?\\d{0,2}\\+?)${NUL}`, 4096),
    ],
    { also: ['PYTHONHOME'], unless: ['pypy'] },
  ),
  // pypy/module/sys/version.py
  program(
    'pypy',
    ['pypy:pypy'],
    ['5.', '6.', '7.'].map((major) => around(`[PyPy ${major}`, `\\[PyPy ${THREE}`, 24)),
  ),
  // src/node_metadata.cc; before io.js: src/node_version.h
  program(
    'node',
    ['nodejs:node.js'],
    [
      after('https://nodejs.org/download/release/v', `${THREE}/`),
      after('node.js/v', THREE),
      around('\0node v0.', `node v(0\\.\\d{1,3}\\.\\d{1,3})${NUL}`, 24),
    ],
  ),
  // cli/version.rs, the user agent
  program(
    'deno',
    ['deno:deno'],
    ['1.', '2.'].flatMap((major) => ['\0', ' '].map((start) => around(`${start}Deno/${major}`, `Deno/${THREE}`, 24))),
  ),
  // src/bun.js/bindings, the user agent
  program('bun', ['oven:bun'], [around('oven-sh/bun', `${NUL}Bun/(1\\.\\d{1,3}\\.\\d{1,3})${NUL}`, MAX_AROUND_BYTES)]),
  // version.c, ruby_description
  program(
    'ruby',
    ['ruby-lang:ruby'],
    ['1.', '2.', '3.', '4.'].map((major) =>
      around(`\0ruby ${major}`, `ruby (\\d\\.\\d{1,2}\\.\\d{1,3})(?:(?:p|preview|rc|dev)\\d{0,4})? \\(\\d{4}-`, 64),
    ),
  ),
  // perl.c, the folders of @INC, and gv.c, $^V
  program(
    'perl',
    ['perl:perl'],
    [
      around('PERL_INTERNAL_RAND_SEED', `${NUL}v(5\\.\\d{1,2}\\.\\d{1,2})${NUL}`, 512),
      after('/lib/perl5/', `(5\\.\\d{1,2}\\.\\d{1,2})`),
    ],
    { also: ['PERL5LIB'] },
  ),
  // main/SAPI.c, the header X-Powered-By
  program('php', ['php:php'], [after('X-Powered-By: PHP/', `${THREE}(?:RC\\d|alpha\\d|beta\\d)?`)]),
  // src/Composer/Composer.php in its archive of PHP
  program(
    'composer',
    ['getcomposer:composer'],
    [
      around(
        'composer/composer',
        `'pretty_version' => '(\\d{1,2}\\.\\d{1,3}\\.\\d{1,3}(?:-?(?:alpha|beta|RC)\\d)?)'`,
        512,
      ),
    ],
  ),
  // VERSION and vendor/composer of its archive of PHP
  program('wp-cli', ['wp-cli:wp-cli'], [after('wp-cli/wp-cli ', THREE)]),
  // src/lua.h and lapi.c, lua_ident
  program('lua', ['lua:lua'], [after('$LuaVersion: Lua ', THREE)]),
  // src/luajit.h
  program('luajit', ['luajit:luajit'], [around('LuaJIT 2.', 'LuaJIT (2\\.\\d[\\w.-]{0,24})', 32)]),
  // erts/emulator/beam/erl_init.c; paths of its sources
  program(
    'erlang',
    ['erlang:erlang\\/otp'],
    [
      after('/src/otp_src_', `${OTP}/erts/`),
      after('/src/otp-', `${OTP}/erts/`),
      before('Erlang/OTP', `${NUL}${OTP}${NUL}{1,16}`),
      after('Erlang/OTP', `[^\\x00]{1,150}\\x00{1,8}${OTP}${NUL}`, 256),
    ],
  ),
  // src/pl-init.c, the folder that it is built for
  program(
    'swipl',
    ['swi-prolog:swi-prolog'],
    ['7', '8', '9'].map((major) => around(`/swipl-${major}`, `/swipl-${THREE}/`, 24)),
  ),
  // runtime/vm/version.cc
  program(
    'dart',
    ['dart:dart_software_development_kit'],
    [
      before(' (stable) (', `${NUL}(\\d\\.\\d{1,3}\\.\\d{1,3})`),
      before(' (beta) (', `${NUL}(\\d\\.\\d{1,3}\\.\\d{1,3}-[\\d.]{1,12}\\.beta)`),
    ],
    { also: ['dart:core'] },
  ),
  // compiler/GHC/Driver/CmdLine and the names of its libraries
  program(
    'ghc',
    ['haskell:ghc'],
    [around('Glasgow Haskell', `${NUL}GHC ${THREE}${NUL}`, MAX_AROUND_BYTES), after('\0libHSghc-', `${THREE}-`)],
    { namespace: 'haskell' },
  ),
  program(
    'cabal',
    ['haskell:cabal'],
    [
      after('/cabal-install-', `(\\d{1,2}(?:\\.\\d{1,3}){2,3})-`),
      ...['1.', '2.', '3.'].map((major) => around(`\0Cabal-${major}`, `Cabal-(\\d{1,2}(?:\\.\\d{1,3}){2,3})-`, 32)),
    ],
    { namespace: 'haskell' },
  ),
  // src/Options/Applicative/Simple, `--version`
  program('stack', ['haskell:stack'], [before(', Git revision', `Version ${THREE}`)], { namespace: 'haskell' }),
  // src/init.c with VERSION_STRING
  program('julia', ['julialang:julia'], [after('__init__\0', `${THREE}${NUL}verify`)]),
  // rustc_codegen_llvm: the producer of each unit, in debug data of its own library
  program('rust', ['rust-lang:rust'], [after('clang LLVM (rustc version ', `${THREE} \\(`)]),
  // gcc/version.c, in what GCC itself is built by
  program(
    'gcc',
    ['gnu:gcc'],
    [inComment('GCC: (GNU) ', THREE), around('COLLECT_GCC_OPTIONS', `${NUL}${THREE}${NUL}`, MAX_AROUND_BYTES)],
    { also: ['COLLECT_GCC_OPTIONS'] },
  ),
]
