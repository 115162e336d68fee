// Pages through the documents of a run in the terminal: kept ones from text/, dropped ones from
// dropped/<stage>/, quarantined ones. Streams shard by shard; memory is one record batch.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { readBatches, type ShardBatch } from '@shardmill/core/shard-reader'
import { runFolder } from '../../arguments.ts'

const headLength = 600

interface Row {
  readonly id: string
  readonly url: string
  readonly lang: string
  readonly text: string
  readonly meta: string
  /** Stage and reason or error; empty for kept documents. */
  readonly fate: string
}

/** `pipeline inspect NAME`. */
export async function inspect(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      dropped: { type: 'boolean', default: false },
      quarantine: { type: 'boolean', default: false },
      stage: { type: 'string' },
      reason: { type: 'string' },
      lang: { type: 'string' },
      url: { type: 'string' },
      text: { type: 'string' },
      limit: { type: 'string' },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  if (positionals.length !== 1) throw new ConfigError('expected the name or folder of one run')
  const folder = await runFolder(positionals[0]!)
  const isDropped = values.dropped || values.stage !== undefined || values.reason !== undefined
  const shards = shardsOf(folder, isDropped, values.quarantine, values.stage)
  const limit = values.limit === undefined ? Infinity : Number(values.limit)
  if (Number.isNaN(limit))
    throw new ConfigError(`--limit: expected a number, got \`${values.limit}\``)
  const wants = (row: Row): boolean =>
    (values.reason === undefined || row.fate.endsWith(`: ${values.reason}`)) &&
    (values.lang === undefined || `${row.lang}-`.startsWith(`${values.lang}-`)) &&
    (values.url === undefined || row.url.includes(values.url)) &&
    (values.text === undefined || row.text.includes(values.text))
  const pager = createPager(!values.json && limit === Infinity)
  let shown = 0
  try {
    for await (const row of rowsOf(shards)) {
      if (!wants(row)) continue
      if (shown >= limit) break
      shown++
      if (values.json) process.stdout.write(`${JSON.stringify(row)}\n`)
      else if (!(await pager.show(render(row, shown, values.full)))) return 0
    }
  } finally {
    pager.close()
  }
  if (!values.json)
    process.stdout.write(shown === 0 ? 'no document matches\n' : `${shown} documents\n`)
  return 0
}

interface ShardOf {
  readonly path: string
  readonly stage: string
}

function shardsOf(
  folder: string,
  dropped: boolean,
  quarantine: boolean,
  stage?: string,
): ShardOf[] {
  const collection = (name: string, label: string): ShardOf[] =>
    names(join(folder, name)).map((file) => ({ path: join(folder, name, file), stage: label }))
  if (quarantine) return collection('quarantine', '')
  if (!dropped) return collection('text', '')
  const stages = stage === undefined ? names(join(folder, 'dropped')) : [stage]
  const shards = stages.flatMap((name) => collection(join('dropped', name), name))
  if (shards.length > 0) return shards
  throw new ConfigError(`${folder} holds no dropped documents${stage ? ` of ${stage}` : ''}`, {
    hint: 'run the pipeline with --keep-dropped (report.html has 20 samples of each reason)',
  })
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

async function* rowsOf(shards: readonly ShardOf[]): AsyncGenerator<Row> {
  for (const { path, stage } of shards) {
    for await (const batch of readBatches(path)) {
      const text = columnReader(batch)
      for (let row = 0; row < batch.rows; row++) {
        const [reason, error] = [text('reason', row), text('error', row)]
        const fate = error ? `${text('stage', row)}: ${error}` : reason ? `${stage}: ${reason}` : ''
        yield {
          id: text('id', row),
          url: text('url', row),
          lang: text('lang', row),
          text: text('text', row),
          meta: text('meta', row),
          fate,
        }
      }
    }
  }
}

function columnReader(batch: ShardBatch): (name: string, row: number) => string {
  return (name, row) => batch.bytes(name)?.text(row) ?? ''
}

function render(row: Row, number: number, isFull: boolean): string {
  const more = row.text.length - headLength
  const text = isFull || more <= 0 ? row.text : `${row.text.slice(0, headLength)} … (${more} more)`
  const lines = [`── ${number} ── ${row.lang || '?'} ── ${row.url || row.id}`]
  if (row.fate !== '') lines.push(`   ${row.fate}`)
  if (row.meta !== '{}') lines.push(`   ${row.meta}`)
  // Control characters of a crawled page must not reach the terminal.
  return `${[...lines, text].join('\n').replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd')}\n\n`
}

interface Pager {
  /** False when the reader has had enough. */
  show(text: string): Promise<boolean>
  close(): void
}

/** Shows one screen at a time when both ends are a terminal; otherwise just prints. */
function createPager(isPaged: boolean): Pager {
  if (!isPaged || !process.stdin.isTTY || !process.stdout.isTTY) {
    return {
      show: async (text) => process.stdout.write(text) || true,
      close: () => {},
    }
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  let linesLeft = process.stdout.rows - 2
  return {
    async show(text) {
      process.stdout.write(text)
      linesLeft -= text.split('\n').length
      if (linesLeft > 0) return true
      linesLeft = process.stdout.rows - 2
      const answer = await prompt.question('— Enter for more, q to stop — ')
      return !/^q/i.test(answer)
    },
    close: () => prompt.close(),
  }
}
