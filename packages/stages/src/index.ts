// The registry: every stage and input format by the name it has in YAML. Only those that a pipeline
// names are loaded.
import type { Stage } from '@shardmill/core'
import type { Format } from './read/format.ts'

export const stages: Readonly<Record<string, () => Promise<Stage>>> = {
  'url-filter': () => import('./url/url-filter.ts').then((m) => m.urlFilter),
  'url-dedup': () => import('./url/url-dedup.ts').then((m) => m.urlDedup),
  'exact-dedup': () => import('./dedup/exact-dedup.ts').then((m) => m.exactDedup),
  'minhash-dedup': () => import('./dedup/minhash-dedup.ts').then((m) => m.minhashDedup),
  'line-dedup': () => import('./dedup/line-dedup.ts').then((m) => m.lineDedup),
  'paragraph-dedup': () => import('./dedup/paragraph-dedup.ts').then((m) => m.paragraphDedup),
  'exact-substring-dedup': () =>
    import('./dedup/exact-substring-dedup.ts').then((m) => m.exactSubstringDedup),
  'simhash-dedup': () => import('./dedup/simhash-dedup.ts').then((m) => m.simhashDedup),
  classifier: () => import('./classify/classifier.ts').then((m) => m.classifier),
  decontaminate: () => import('./dedup/decontaminate.ts').then((m) => m.decontaminate),
  sample: () => import('./clean/sample.ts').then((m) => m.sample),
  limit: () => import('./clean/limit.ts').then((m) => m.limit),
  'gopher-quality': () => import('./quality/gopher-quality.ts').then((m) => m.gopherQuality),
  'gopher-repetition': () =>
    import('./quality/gopher-repetition.ts').then((m) => m.gopherRepetition),
  'c4-quality': () => import('./quality/c4-quality.ts').then((m) => m.c4Quality),
  'fineweb-quality': () => import('./quality/fineweb-quality.ts').then((m) => m.finewebQuality),
  'chinese-quality': () => import('./quality/chinese-quality.ts').then((m) => m.chineseQuality),
  perplexity: () => import('./quality/perplexity.ts').then((m) => m.perplexity),
  quality: () => import('./quality/quality.ts').then((m) => m.quality),
  'bad-words': () => import('./quality/bad-words.ts').then((m) => m.badWords),
  pii: () => import('./clean/pii.ts').then((m) => m.pii),
  normalize: () => import('./clean/normalize.ts').then((m) => m.normalize),
  repair: () => import('./clean/repair.ts').then((m) => m.repair),
  'convert-chinese': () => import('./clean/convert-chinese.ts').then((m) => m.convertChinese),
  'chinese-spam': () => import('./clean/chinese-spam.ts').then((m) => m.chineseSpam),
  'language-id': () => import('./language/language-id.ts').then((m) => m.languageId),
  decode: () => import('./extract/decode.ts').then((m) => m.decode),
  html: () => import('./extract/html.ts').then((m) => m.html),
  'train-tokenizer': () => import('./output/train-tokenizer.ts').then((m) => m.trainTokenizer),
  encode: () => import('./output/encode.ts').then((m) => m.encode),
  pack: () => import('./output/pack.ts').then((m) => m.pack),
}

export const formats: Readonly<Record<string, () => Promise<Format<unknown>>>> = {
  arrow: () => import('./read/arrow.ts').then((m) => m.arrow),
  csv: () => import('./read/csv.ts').then((m) => m.csv),
  html: () => import('./read/html.ts').then((m) => m.html),
  jsonl: () => import('./read/jsonl.ts').then((m) => m.jsonl),
  mediawiki: () => import('./read/mediawiki.ts').then((m) => m.mediawiki),
  parquet: () => import('./read/parquet.ts').then((m) => m.parquet),
  text: () => import('./read/text.ts').then((m) => m.text),
  wacz: () => import('./read/wacz.ts').then((m) => m.wacz),
  warc: () => import('./read/warc.ts').then((m) => m.warc),
}
