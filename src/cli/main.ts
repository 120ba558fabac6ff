/** Entry of the program: answers `--version` by itself, so that it needs nothing else, and loads the rest for everything else. */
import { VERSION } from './version.ts'

const words = process.argv.slice(2)
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V' || words[0] === 'version')) {
  process.stdout.write(`bulwark ${VERSION}\n`)
} else {
  const { runProgram } = await import('./program.ts')
  // All is written and closed by now. Ending here and now spares taking the heap apart, which is a tenth of a short run.
  process.exit(await runProgram(words))
}
