import { asFailure, Failure } from '../lib/failure.ts'
import { COMMANDS, PLANNED } from './commands.ts'
import { errorText } from './error-text.ts'
import { EXIT } from './exit-status.ts'
import { VERSION } from './version.ts'
import { processWorld, type World, wantsColour, write } from './world.ts'

/**
 * Runs the program in this process: finds the command, runs it, prints a failure as four lines at most, gives the exit status.
 * The first interrupt asks the command to stop and clean up; the second ends the process at once.
 */
export async function runProgram(words: readonly string[]): Promise<number> {
  const controller = new AbortController()
  const interrupt = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted)
    controller.abort(new Failure('interrupted', `interrupted by ${signal}`, { kind: 'interrupted', input: signal }))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await runCommand(words, processWorld(controller.signal))
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** Runs one command in a given world; never rejects. */
export async function runCommand(words: readonly string[], world: World): Promise<number> {
  try {
    return await dispatch(words, world)
  } catch (thrown) {
    const interrupted: unknown = world.signal.aborted ? world.signal.reason : undefined
    const failure = asFailure(interrupted ?? thrown)
    const debug = words.includes('--debug') || world.environment.BULWARK_DEBUG === 'true'
    await write(world.stderr, errorText(failure, { colour: wantsColour(world.stderr, world.environment), debug }))
    return statusOf(failure)
  }
}

function statusOf(failure: Failure): number {
  if (failure.kind === 'usage') return EXIT.usage
  if (failure.kind === 'interrupted') return failure.input === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted
  return EXIT.couldNot
}

async function dispatch(words: readonly string[], world: World): Promise<number> {
  const [name, ...rest] = words
  if (name === undefined) {
    await write(world.stderr, helpText())
    return EXIT.usage
  }
  if (name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    await write(world.stdout, helpText())
    return EXIT.done
  }
  const wanted = name === 'help' ? rest[0] : name
  const command = COMMANDS.find((entry) => entry.name === wanted)
  if (command === undefined) throw unknownCommand(wanted)
  const module = await command.load()
  return module.run(name === 'help' ? ['--help'] : rest, world)
}

function unknownCommand(name: string): Failure {
  const planned = Object.hasOwn(PLANNED, name) ? PLANNED[name] : undefined
  return new Failure(
    planned === undefined ? 'unknown-command' : 'not-built-yet',
    planned === undefined ? `there is no command ${name}` : `${name} is not built yet: ${planned}`,
    { kind: 'usage', input: name, hints: ['bulwark --help lists the commands; bulwark scan TARGET scans'] },
  )
}

function helpText(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length))
  return `bulwark ${VERSION}: container security from the first Dockerfile to the running pod

  bulwark demo                             see it work, offline
  bulwark scan image.tar                   what is in an image, and what is known against it
  bulwark advisories update                fetch what is known

Commands
${COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`).join('\n')}

bulwark COMMAND --help says more. Pages for each task are in docs/.
`
}
