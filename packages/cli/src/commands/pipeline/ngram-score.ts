// `pipeline ngram score --model MODEL INPUT …`: perplexity per document, or percentiles of a sample.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import {
  DocumentScorer,
  addScore,
  emptyScore,
} from '@shardmill/stages/quality/ngram/document-scorer'
import {
  perplexityOf,
  perplexityWithoutUnknown,
  type TextScore,
} from '@shardmill/stages/quality/ngram/document-scorer'
import {
  bucketOf,
  PercentileCounter,
  PieceScorer,
} from '@shardmill/stages/quality/ngram/percentiles'
import { readTexts } from '@shardmill/stages/quality/ngram/read-texts'
import { rewriteHeader } from '@shardmill/stages/quality/ngram/rewrite-header'
import { endWithReader } from '../../closed-pipe.ts'
import { inputOptions, inputsOf, interruptible } from './ngram-options.ts'

/** CCNet's borders of head and middle. */
const [headPercentile, middlePercentile] = [30, 60]

export async function score(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...inputOptions,
      model: { type: 'string' },
      text: { type: 'string' },
      percentiles: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      summary: { type: 'boolean', default: false },
    },
  })
  const { model, text } = values
  if (model === undefined || (text === undefined) === (positionals.length === 0)) {
    throw new ConfigError('ngram score: expected --model MODEL and either texts or --text TEXT', {
      hint: 'pnpm pipeline ngram score --model models/zh.ngram page.txt',
    })
  }
  if (values.save && !values.percentiles) {
    throw new ConfigError('ngram score: --save goes with --percentiles')
  }
  const scorer = await DocumentScorer.load(model)
  if (text !== undefined) return explain(scorer, text)
  endWithReader()
  return interruptible(async (signal) => {
    const pieces = new PieceScorer(scorer)
    const counter = new PercentileCounter()
    const total = emptyScore()
    const isQuiet = values.percentiles || values.summary
    for await (const batch of readTexts(inputsOf(positionals, values, signal))) {
      let lines = ''
      for (const piece of batch) {
        const found = pieces.add(piece)
        if (found === undefined) continue
        counter.add(perplexityOf(found)!)
        addScore(total, found)
        if (!isQuiet) lines += `${documentLine(scorer, piece.id, found)}\n`
      }
      if (lines !== '' && !process.stdout.write(lines)) await once(process.stdout, 'drain')
    }
    if (values.summary) process.stdout.write(`${documentLine(scorer, 'all', total)}\n`)
    if (values.percentiles) savePercentiles(model, counter, values.save)
    return 0
  })
}

function documentLine(scorer: DocumentScorer, id: string, found: TextScore): string {
  const { percentiles } = scorer.model.header
  const perplexity = perplexityOf(found)!
  return JSON.stringify({
    id,
    perplexity: round(perplexity),
    perplexityWithoutUnknown: round(perplexityWithoutUnknown(found) ?? 0),
    ...(percentiles && {
      bucket: bucketOf(perplexity, percentiles, headPercentile, middlePercentile),
    }),
    logProb: round(found.logProb),
    tokens: found.tokens,
    unknown: found.unknown,
  })
}

function savePercentiles(model: string, counter: PercentileCounter, isSaved: boolean): void {
  const percentiles = counter.finish()
  if (percentiles === undefined) throw new ConfigError('ngram score: the inputs have no words')
  const shown = [10, 30, 50, 60, 90].map((rank) => `${rank} %: ${percentiles.values[rank - 1]}`)
  process.stdout.write(`${percentiles.documents} documents; ${shown.join(', ')}\n`)
  if (!isSaved) return
  rewriteHeader(model, model, { percentiles })
  process.stdout.write(`${model}: percentiles saved\n`)
}

function explain(scorer: DocumentScorer, text: string): number {
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    for (const { token, logProb, isUnknown } of scorer.explain(line)) {
      process.stdout.write(`${logProb.toFixed(4)}\t${token}${isUnknown ? '\t<unk>' : ''}\n`)
    }
  }
  process.stdout.write(`${documentLine(scorer, 'text', scorer.score(text))}\n`)
  return 0
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
