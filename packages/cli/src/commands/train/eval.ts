import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError, InputError, messageOf } from '@shardmill/core/errors'
import { openProvider } from '@shardmill/train/backend/select'
import { readPretrained } from '@shardmill/train/checkpoint/pretrained'
import { scorePairs, scoreTexts, type EvaluationContext } from '@shardmill/train/evaluate/evaluate'
import { createModel } from '@shardmill/train/model/model'
import { modelFolder, modelTokenizer } from './text.ts'

/** `train eval RUN --text FILE.jsonl --pairs FILE.jsonl`: bits per byte, perplexity, minimal pairs. */
export async function evaluate(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      text: { type: 'string' },
      pairs: { type: 'string' },
      tokenizer: { type: 'string' },
      limit: { type: 'string', default: '1000000000' },
      json: { type: 'boolean', default: false },
    },
  })
  const [name] = positionals
  if (name === undefined || (values.text === undefined && values.pairs === undefined)) {
    throw new ConfigError('expected a run, and --text or --pairs', {
      hint: 'lines of --text have `text`; lines of --pairs `sentence_good` and `sentence_bad`',
    })
  }
  const limit = Number(values.limit)
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new ConfigError(`--limit: expected a whole number from 1, got \`${values.limit}\``)
  }
  const folder = modelFolder(name)
  const tokenizer = await modelTokenizer(folder, values.tokenizer)
  const provider = await openProvider({ backend: 'auto', threads: 'auto', relaxed: true })
  const { config, values: parameters, special } = readPretrained(folder)
  const model = createModel(config, { values: parameters })
  const maskId = tokenizer.idOf('[MASK]') ?? tokenizer.idOf('<mask>') ?? tokenizer.idOf('<|mask|>')
  if (!config.causal && maskId === undefined) {
    throw new ConfigError(`the tokenizer of ${folder} has no [MASK] or <mask> token`, {
      hint: 'a masked model is scored by masking each token in turn',
    })
  }
  const known = ['[CLS]', '[SEP]', '[PAD]', '<s>', '</s>', '<pad>'].map((token) =>
    tokenizer.idOf(token),
  )
  const context: EvaluationContext = {
    model,
    tokenizer,
    startId: special.bosId ?? special.eosId ?? 0,
    maskId,
    specialIds: new Set(known.filter((id) => id !== undefined)),
  }
  const results: Record<string, unknown> = {}
  if (values.text !== undefined) {
    results['text'] = scoreTexts(context, readTexts(values.text, limit))
  }
  if (values.pairs !== undefined) {
    const lines = readLines(values.pairs, ['sentence_good', 'sentence_bad'], limit)
    results['pairs'] = scorePairs(
      context,
      lines.map(([good, bad]) => ({ good: good!, bad: bad! })),
    )
  }
  model.dispose()
  await provider.close()
  process.stdout.write(`${JSON.stringify(results, null, values.json ? 0 : 2)}\n`)
  return 0
}

/** `text` of JSON lines; of any other file the paragraphs. */
function readTexts(path: string, limit: number): string[] {
  if (/\.(jsonl|ndjson|json)$/.test(path)) {
    return readLines(path, ['text'], limit).map(([text]) => text!)
  }
  const paragraphs = readFileSync(path, 'utf8').split(/\n\s*\n/)
  return paragraphs.filter((text) => text.trim() !== '').slice(0, limit)
}

/** The named string fields of a JSON lines file. */
function readLines(path: string, fields: readonly string[], limit: number): string[][] {
  const rows: string[][] = []
  for (const [i, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line.trim() === '') continue
    if (rows.length >= limit) break
    const record = parseLine(`${path}:${i + 1}`, line)
    rows.push(
      fields.map((field) => {
        const value = record[field]
        if (typeof value === 'string') return value
        throw new InputError(`${path}:${i + 1}: expected a string at \`${field}\``)
      }),
    )
  }
  return rows
}

function parseLine(place: string, line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch (cause) {
    throw new InputError(`${place}: not JSON: ${messageOf(cause)}`, { cause })
  }
}

export { evaluate as eval }
