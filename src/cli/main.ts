/** Entry of the program: answers `--version` by itself, so that it needs nothing else, and loads the rest for everything else. */
import { VERSION } from './version.ts'

const words = process.argv.slice(2)
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V' || words[0] === 'version')) {
  process.stdout.write(`bulwark ${VERSION}\n`)
} else {
  const { runProgram } = await import('./program.ts')
  process.exitCode = await runProgram(words)
}
