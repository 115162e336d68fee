import type { Command } from '../help.ts'

/** What `pipeline ngram` does. */
export const ngramCommand: Command = {
  summary: 'Train n-gram language models and score texts with them (stage perplexity).',
  usage: 'pipeline ngram train|score|export|import …',
  details: `
Interpolated modified Kneser-Ney smoothing, as KenLM's lmplz. A line is a sentence, empty lines are
none. A model knows how its text is cut and normalised, and brings its percentiles to the stage.

train INPUT … --output MODEL
  INPUT            .txt, .md, .jsonl, .csv, .parquet, .arrow (a run's shards), or folders of them
  --order N        longest n-gram, 1 to 5 (default 5)
  --unit UNIT      word (default; Chinese, Japanese, Thai are segmented), character, whitespace
                   (text that is cut already, as KenLM reads it), or a tokenizer.json
  --normalize R    ccnet (default: lower case, accents off, digits 0, ASCII punctuation) or none
  --prune A,B,C    drop n-grams of order 1, 2, 3 … that occur so often or less: 0,0,1
  --quantize BITS  2 to 8 bits per probability of longer n-grams (default: float32)
  --hold-out S     share of documents kept from training, to measure percentiles (default 0.05)
  --memory-mb N    memory for counting (default 1024); more is spilled beside the output. Never
                   changes the model
  --discount-fallback   for tiny corpora: discounts 0.5, 1, 1.5 where none can be computed
  --documents KIND what a document is in plain text: file (default), paragraph, line
  --lang LANG      only documents of this language, where inputs say it (zh takes zh-Hans)
  --text-field F   field or column of the text (default text); --seed N for the hold-out; --json

score --model MODEL (INPUT … | --text TEXT)
  one JSON line per document: perplexity with and without unknown words, bucket, log10 probability.
  --text TEXT      every token of a text with its log10 probability
  --summary        one line for all documents
  --percentiles    percentiles of the documents; with --save they are stored in the model
  --documents, --lang, --text-field as above

export MODEL --output FILE.arpa      import FILE.arpa --output MODEL [--unit UNIT] [--normalize R]
  ARPA files that KenLM reads, and those that lmplz writes

Example, as CCNet: a model of an encyclopedia, percentiles of the crawl it is to sort (those of texts
like its own say little about web pages), a filter:
  pnpm pipeline ngram train shards/wiki/text --lang zh --prune 0,0,1 --output models/zh.ngram
  pnpm pipeline ngram score --model models/zh.ngram --percentiles --save shards/web/text --lang zh
  stages: [ perplexity: { models: { zh: models/zh.ngram }, keep: [head, middle] } ]
Memory: 12 bytes per n-gram and as much per n-gram that has longer ones; in the file the same.
`,
  load: async () => (await import('../commands/pipeline/ngram.ts')).ngram,
}
