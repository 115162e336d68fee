// All commands with what they do and how to call them. This and the tables in help/ are all that
// `--help` loads.
import { pipelineCommands } from './help/pipeline.ts'
import { tokenizerCommands } from './help/tokenizer.ts'
import { trainCommands } from './help/train.ts'

type Run = (argv: readonly string[]) => Promise<number>

export interface Command {
  readonly summary: string
  readonly usage: string
  /** Options and examples, shown by `--help`. */
  readonly details: string
  load(): Promise<Run>
}

export const commands: Readonly<Record<string, Command>> = {
  ...pipelineCommands,
  ...tokenizerCommands,
  ...trainCommands,
}

/** Help of everything (''), of a group ('pipeline') or of one command ('pipeline run'). */
export function helpOf(name: string): string {
  const command = commands[name]
  if (command) return `${command.summary}\n\nUsage: shardmill ${command.usage}\n${command.details}`
  const lines = Object.entries(commands)
    .filter(([key]) => name === '' || key.startsWith(`${name} `))
    .map(([key, { summary }]) => `  ${key.padEnd(20)} ${summary}`)
  const head =
    name === '' ? 'Shardmill: raw web crawl to text shards, tokenizers and models.\n\n' : ''
  return `${head}Usage: shardmill COMMAND [options]\n\n${lines.join('\n')}\n
\`shardmill COMMAND --help\` explains one. Start with: pnpm pipeline run web.yaml\n`
}
