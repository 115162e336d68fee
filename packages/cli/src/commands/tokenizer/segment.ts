// `tokenizer segment train|score|cut`: train a word segmenter on your own segmented text, score any
// engine against it, or cut plain text into words.
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { ConfigError, InputError } from '@shardmill/core/errors'
import { readGold } from '@shardmill/tokenizer/segment/gold'
import {
  createSegmenter,
  tokensOf,
  type Segmenter,
  type SegmenterOptions,
} from '@shardmill/tokenizer/segment/segmenter'
import { endWithReader } from '../../closed-pipe.ts'

const engines = ['perceptron', 'jieba', 'intl'] as const

/**
 * `segment train GOLD... --out MODEL [--lexicon FILE]`, `segment score GOLD...` and
 * `segment cut [FILE...]` (standard input without files). GOLD is CoNLL-U, `word_TAG` or words
 * divided by spaces. Answers the exit code.
 */
export async function segment(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      engine: { type: 'string', default: 'perceptron' },
      model: { type: 'string' },
      words: { type: 'string' },
      out: { type: 'string' },
      lexicon: { type: 'string' },
      iterations: { type: 'string', default: '8' },
      license: { type: 'string', default: 'not stated' },
      separator: { type: 'string', default: ' ' },
      json: { type: 'boolean', default: false },
    },
  })
  const [action, ...files] = positionals
  for (const file of [...files, values.words, values.lexicon, values.model]) {
    if (file !== undefined && !existsSync(file)) throw new InputError(`segment: no file ${file}`)
  }
  if (action === 'train') return train(files, values)
  if (action !== 'score' && action !== 'cut') {
    throw new ConfigError(`segment: expected train, score or cut, got ${action ?? 'nothing'}`, {
      hint: 'segment train GOLD --out MODEL | segment score GOLD | segment cut FILE',
    })
  }
  const segmenter = await createSegmenter(segmenterOptions(values))
  return action === 'score'
    ? score(segmenter, files, values.json)
    : cut(segmenter, files, values.separator)
}

interface Values {
  readonly engine: string
  readonly model?: string | undefined
  readonly words?: string | undefined
}

function segmenterOptions({ engine, model, words }: Values): SegmenterOptions {
  const known = engines.find((name) => name === engine)
  if (known === undefined) {
    throw new ConfigError(`segment: no engine \`${engine}\``, {
      hint: `known: ${engines.join(', ')}`,
    })
  }
  if (model !== undefined && known !== 'perceptron') {
    throw new ConfigError(`segment: --model goes with --engine perceptron, got ${known}`)
  }
  return {
    engine: known,
    words: words === undefined ? [] : readLines(words),
    ...(model === undefined ? {} : { model }),
  }
}

async function train(
  files: readonly string[],
  options: {
    out?: string | undefined
    lexicon?: string | undefined
    iterations: string
    license: string
  },
): Promise<number> {
  const iterations = Number(options.iterations)
  if (files.length === 0 || options.out === undefined || !(iterations >= 1)) {
    throw new ConfigError(
      'segment train: expected segmented files, --out MODEL and --iterations of 1 or more',
    )
  }
  const { trainSegmentModel } = await import('@shardmill/tokenizer/segment/perceptron-train')
  const { encodeSegmentModel } = await import('@shardmill/tokenizer/segment/perceptron-model')
  const model = trainSegmentModel(goldOf(files), {
    iterations,
    seed: 1,
    license: options.license,
    lexicon: options.lexicon === undefined ? [] : readLines(options.lexicon),
    onIteration: (i, wrong) => process.stderr.write(`iteration ${i + 1}: ${wrong} symbols wrong\n`),
  })
  const bytes = encodeSegmentModel(model)
  writeFileSync(options.out, bytes)
  process.stdout.write(`${options.out}: ${bytes.length} bytes\n`)
  return 0
}

async function score(
  segmenter: Segmenter,
  files: readonly string[],
  isJson: boolean,
): Promise<number> {
  if (files.length === 0) throw new ConfigError('segment score: expected segmented files')
  const { scoreSegmenter } = await import('@shardmill/tokenizer/segment/score')
  const { precision, recall, f1, words } = scoreSegmenter(segmenter, goldOf(files))
  const percent = (value: number): string => (100 * value).toFixed(2)
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ engine: segmenter.name, precision, recall, f1, words })}\n`
      : `${segmenter.name}: F1 ${percent(f1)}, precision ${percent(precision)}, recall ${percent(recall)}, ${words} words\n`,
  )
  return 0
}

async function cut(
  segmenter: Segmenter,
  files: readonly string[],
  separator: string,
): Promise<number> {
  endWithReader()
  for (const input of files.length === 0
    ? [process.stdin]
    : files.map((file) => createReadStream(file))) {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const tokens = tokensOf(line, segmenter.segment(line)).filter((token) => token.trim() !== '')
      if (!process.stdout.write(`${tokens.join(separator)}\n`)) await once(process.stdout, 'drain')
    }
  }
  return 0
}

function goldOf(files: readonly string[]) {
  return files.flatMap((file) => readGold(readFileSync(file, 'utf8')))
}

/** The first column of each line, for word lists with counts and tags. */
function readLines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .map((line) => line.split(/\s/)[0]!)
    .filter((word) => word !== '')
}
