import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { suggestion } from '@shardmill/core/did-you-mean'
import { formats, stages } from '@shardmill/stages'
import type { z } from 'zod'
import { optionList, schemaOf } from '../../option-list.ts'

interface Entry {
  readonly name: string
  readonly kind: 'stage' | 'corpus stage' | 'output stage' | 'input format'
  readonly summary: string
  readonly options: z.ZodType
}

/** `pipeline list [NAME]`: stages and formats, or the options of one with types and defaults. */
export async function list(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const entries = await loadEntries()
  const [wanted] = positionals
  const found = wanted === undefined ? entries : entries.filter(({ name }) => name === wanted)
  if (found.length === 0) {
    const hint = suggestion(
      wanted!,
      entries.map(({ name }) => name),
    )
    throw new ConfigError(`no stage or format named \`${wanted}\`${hint}`)
  }
  if (values.json) {
    const rows = found.map((entry) => ({ ...entry, options: schemaOf(entry.options) }))
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
  } else if (wanted === undefined) {
    const rows = found.map(
      ({ name, kind, summary }) => `  ${name.padEnd(20)} ${kind.padEnd(13)} ${summary}`,
    )
    process.stdout.write(`${rows.join('\n')}\n`)
  } else {
    for (const entry of found) process.stdout.write(describe(entry))
  }
  return 0
}

async function loadEntries(): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const load of Object.values(stages)) {
    const { name, summary, options, scope } = await load()
    const kind = scope === 'document' ? 'stage' : (`${scope} stage` as const)
    entries.push({ name, kind, summary, options })
  }
  for (const load of Object.values(formats)) {
    const { name, summary, options } = await load()
    entries.push({ name, kind: 'input format', summary, options })
  }
  return entries
}

function describe({ name, kind, summary, options }: Entry): string {
  return `${name} (${kind})\n${summary}\n\n${optionList(schemaOf(options))}`
}
