// The command line: finds the command, runs it, turns errors into one clear message and an exit
// code (0 fine, 1 run, 2 config or usage, 65 bad data, 70 bug, 75 try again). Commands are loaded
// only when they are asked for, so `--help` costs little more than starting Node.
import { commands, helpOf } from './help.ts'

/** Runs one command line and returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const isDebug = argv.includes('--debug')
  const words = argv.filter((word) => word !== '--debug')
  const [group, name] = words
  const command = group === undefined ? undefined : commands[`${group} ${name}`]
  if (!command) return usage(words)
  const rest = words.slice(2)
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(`${group} ${name}`))
    return 0
  }
  try {
    return await (
      await command.load()
    )(rest)
  } catch (error) {
    return fail(error, isDebug)
  }
}

function usage(words: readonly string[]): number {
  const plain = words.filter((word) => word !== '--help' && word !== '-h')
  if (plain.length === 1 && plain[0] === '--version') {
    return say('0.1.0\n')
  }
  const [group, name] = plain
  const isGroup = Object.keys(commands).some((key) => key.startsWith(`${group} `))
  if (plain.length === 0) return say(helpOf(''))
  if (isGroup && name === undefined) return say(helpOf(group!))
  const known = Object.keys(commands).filter((key) => key.startsWith(`${group} `))
  const all = known.length > 0 ? known : Object.keys(commands)
  process.stderr.write(`no command \`${plain.slice(0, 2).join(' ')}\`; known: ${all.join(', ')}\n`)
  return 2
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

async function fail(error: unknown, isDebug: boolean): Promise<number> {
  const { PipelineError, messageOf } = await import('@shardmill/core/errors')
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof PipelineError) {
    process.stderr.write(`${error.message}\n`)
    if (error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`)
    if (isDebug) process.stderr.write(`${error.stack}\n`)
    return { config: 2, usage: 2, input: 65, retryable: 75 }[error.code] ?? 1
  }
  if (error instanceof TypeError && code?.startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(`${error.message}\n`)
    return 2
  }
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : String(error)
  process.stderr.write(isDebug || code === undefined ? `${stack}\n` : `${messageOf(error)}\n`)
  return code === undefined ? 70 : 1
}
