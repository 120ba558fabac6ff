/** What a JavaScript or TypeScript file asks for, as far as it stands there in words. */
export interface ScriptImports {
  /** Specifiers as written: `./routes`, `express`, `node:fs`. */
  readonly names: readonly string[]
  /** It also loads what is only computed when it runs. */
  readonly dynamic: boolean
}

const MAX_NAMES = 2000

/** Every place where a module is named: `import … from '…'`, `export … from '…'`, `import '…'`, `require('…')`, `import('…')`. */
const NAMED =
  /\b(?:from|import|require\s{0,8}\(|import\s{0,8}\()\s{0,8}(?:'([^'\n]{1,400})'|"([^"\n]{1,400})"|`([^`$\n]{1,400})`)/g
/** Loading of something that is not a plain text. */
const COMPUTED =
  /(?:^|[^.\w$])(?:require|import)\s{0,8}\(\s{0,8}(?=[^'"`\s)]|`[^`\n]{0,400}\$\{)|\bcreateRequire\b|\bchild_process\b|\bnew\s{1,8}Function\b/

/** The modules that the text names. Comments are left out line by line; a name in a text passes for one: the error is on the side of more. */
export function importsOf(text: string): ScriptImports {
  const code = text
    .split('\n')
    .filter((line) => !/^\s{0,400}(?:\/\/|\*)/.test(line))
    .join('\n')
  const names = new Set<string>()
  for (const match of code.matchAll(NAMED)) {
    names.add(match[1] ?? match[2] ?? match[3] ?? '')
    if (names.size > MAX_NAMES) return { names: [...names].slice(0, MAX_NAMES), dynamic: true }
  }
  return { names: [...names], dynamic: COMPUTED.test(code) }
}
