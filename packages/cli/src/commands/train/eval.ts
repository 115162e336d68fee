import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError, InputError, messageOf } from '@shardmill/core/errors'
import { scorePairs, scoreTexts, type EvaluationContext } from '@shardmill/train/evaluate/evaluate'
import { z } from 'zod'
import { numberOption } from './checked-option.ts'
import { openModel } from './text.ts'

/** `train eval RUN --text FILE.jsonl --pairs FILE.jsonl`: bits per byte, perplexity, minimal pairs. */
export async function evaluate(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      text: { type: 'string' },
      pairs: { type: 'string' },
      tokenizer: { type: 'string' },
      limit: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [name] = positionals
  if (name === undefined || (values.text === undefined && values.pairs === undefined)) {
    throw new ConfigError('expected a run, and --text or --pairs', {
      hint: 'lines of --text have `text`; lines of --pairs `sentence_good` and `sentence_bad`',
    })
  }
  const limit =
    values.limit === undefined ? Infinity : numberOption('limit', values.limit, z.int().min(1))
  // Read first: a missing file costs no model.
  const texts = values.text === undefined ? undefined : readTexts(values.text, limit)
  const pairs =
    values.pairs === undefined
      ? undefined
      : readLines(values.pairs, ['sentence_good', 'sentence_bad'], limit)
  const opened = await openModel(name, values.tokenizer)
  const { folder, model, tokenizer, startId } = opened
  const maskId = tokenizer.idOf('[MASK]') ?? tokenizer.idOf('<mask>') ?? tokenizer.idOf('<|mask|>')
  if (!model.config.causal && maskId === undefined) {
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
    startId,
    maskId,
    specialIds: new Set(known.filter((id) => id !== undefined)),
  }
  const results: Record<string, unknown> = {}
  if (texts) results['text'] = scoreTexts(context, texts)
  if (pairs) {
    results['pairs'] = scorePairs(
      context,
      pairs.map(([good, bad]) => ({ good: good!, bad: bad! })),
    )
  }
  await opened.close()
  process.stdout.write(`${JSON.stringify(results, null, values.json ? 0 : 2)}\n`)
  return 0
}

/** `text` of JSON lines; of any other file the paragraphs. */
function readTexts(path: string, limit: number): string[] {
  if (/\.(jsonl|ndjson|json)$/.test(path)) {
    return readLines(path, ['text'], limit).map(([text]) => text!)
  }
  const paragraphs = readFile(path).split(/\n\s*\n/)
  const texts = paragraphs.filter((text) => text.trim() !== '').slice(0, limit)
  return notEmpty(path, texts)
}

/** The named string fields of a JSON lines file. */
function readLines(path: string, fields: readonly string[], limit: number): string[][] {
  const rows: string[][] = []
  for (const [i, line] of readFile(path).split('\n').entries()) {
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
  return notEmpty(path, rows)
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new InputError(`${path}: cannot be read: ${messageOf(cause)}`, { cause })
  }
}

function notEmpty<Item>(path: string, items: Item[]): Item[] {
  if (items.length > 0) return items
  throw new InputError(`${path}: there is nothing in it to score`)
}

function parseLine(place: string, line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch (cause) {
    throw new InputError(`${place}: not JSON: ${messageOf(cause)}`, { cause })
  }
}

export { evaluate as eval }
