// Documents to train on or to score: text shards of a run (.arrow), JSON lines, CSV, Parquet, and plain
// text, where a document is a file, a paragraph (between blank lines) or a line. Folders are read in
// name order. A plain file of any size comes in pieces of whole lines, so memory is bounded by a piece
// (1 MB, or the longest line) or by a batch of rows.
import { readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Context } from '@shardmill/core/stage'
import { ConfigError, InputError } from '@shardmill/core/errors'
import { matchesTag } from '../../language/language-id.ts'
import { openDecoded } from '../../read/decoded-source.ts'
import { FileBytes } from '../../read/file-bytes.ts'
import { formatOf } from '../../read/format-of.ts'
import { isDocument, type Format } from '../../read/format.ts'
import { readLineBlocks } from '../../read/line-blocks.ts'

export const documentKinds = ['file', 'paragraph', 'line'] as const

export interface TextInputs {
  readonly paths: readonly string[]
  /** What a document is in plain text. */
  readonly documents: (typeof documentKinds)[number]
  /** Field or column of the text. */
  readonly textField: string
  /** Only documents of this language, where inputs say it: `zh` takes zh-Hans, too. */
  readonly lang?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** A document or, of a large plain file, a part of one: whole lines. */
export interface TextPiece {
  readonly id: string
  readonly text: string
  /** The document ends with this piece. */
  readonly isLast: boolean
}

const maxLineBytes = 1 << 26
/** Pieces that are given out together: an awaited step costs more than a line. */
const batchPieces = 1024

/** All files of files and folders, in the order given. Throws `ConfigError` for what is missing. */
export function listTextFiles(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) throw new ConfigError(`ngram: no input \`${path}\``)
    if (!found.isDirectory()) return [path]
    return readdirSync(path)
      .filter((name) =>
        /\.(arrow|jsonl|ndjson|txt|md|csv|tsv|parquet)(\.gz|\.zst|\.bz2)?$/.test(name),
      )
      .toSorted()
      .map((name) => join(path, name))
  })
  if (files.length > 0) return files
  throw new ConfigError(`ngram: no texts in ${paths.join(', ') || 'no input'}`, {
    hint: 'name files or folders with .txt, .md, .jsonl, .csv, .parquet or .arrow',
  })
}

/** Pieces of all documents, in batches. */
export async function* readTexts(inputs: TextInputs): AsyncGenerator<readonly TextPiece[]> {
  for (const path of listTextFiles(inputs.paths)) {
    const format = formatOf(path)
    if (format === 'text') yield* readPlain(path, inputs)
    else yield* readRows(path, format, inputs)
  }
}

async function* readPlain(
  path: string,
  { documents, signal }: TextInputs,
): AsyncGenerator<readonly TextPiece[]> {
  const file = new FileBytes(path)
  const name = basename(path)
  try {
    const source = await openDecoded(file)
    let pieces: TextPiece[] = []
    let last = name
    for await (const { bytes, position } of readLineBlocks(source, 0, maxLineBytes)) {
      signal?.throwIfAborted()
      if (bytes === undefined) throw new InputError(`${path}:${position}: a line above 64 MB`)
      const text = bytes.toString('utf8')
      if (documents === 'file') {
        yield [{ id: name, text, isLast: false }]
        continue
      }
      let from = 0
      while (from < text.length) {
        const found = text.indexOf('\n', from)
        const to = found < 0 ? text.length : found + 1
        const line = text.slice(from, to)
        const isBlank = line.trim() === ''
        const isEnd = documents === 'line' || isBlank
        if (pieces.at(-1)?.isLast !== false) last = `${name}:${position}:${from}`
        if (!isBlank || pieces.at(-1)?.isLast === false) {
          pieces.push({ id: last, text: line, isLast: isEnd })
        }
        from = to
        if (pieces.length >= batchPieces && isEnd) {
          yield pieces
          pieces = []
        }
      }
    }
    if (source.problem !== undefined) throw new InputError(`${path}: ${source.problem}`)
    pieces.push({ id: documents === 'file' ? name : last, text: '', isLast: true })
    yield pieces
  } finally {
    file.close()
  }
}

async function* readRows(
  path: string,
  name: string,
  { textField, lang, signal = new AbortController().signal }: TextInputs,
): AsyncGenerator<readonly TextPiece[]> {
  const load = rowFormats[name]
  if (load === undefined) {
    throw new ConfigError(`ngram: ${path}: format ${name} holds no text yet`, {
      hint: 'run a pipeline on it first, and give its shards: shards/<name>/text',
    })
  }
  const format = await load()
  const options = format.options.parse({ textField, metaFields: 'none' })
  const fileBytes = statSync(path).size
  const segment = { path, start: 0, end: fileBytes, fileBytes }
  const context: Context = {
    signal,
    seed: 0,
    scratch: '.',
    count: () => undefined,
    beat: () => signal.throwIfAborted(),
    path: (each) => resolve(each),
  }
  for await (const items of format.read(segment, options, context)) {
    const wanted = items
      .filter(isDocument)
      .filter((doc) => lang === undefined || matchesTag(doc.lang, [lang.toLowerCase()]))
    yield wanted.map(({ id, text }) => ({ id, text, isLast: true }))
  }
}

const rowFormats: Readonly<Record<string, () => Promise<Format<unknown>>>> = {
  arrow: () => import('../../read/arrow.ts').then((m) => m.arrow),
  csv: () => import('../../read/csv.ts').then((m) => m.csv),
  jsonl: () => import('../../read/jsonl.ts').then((m) => m.jsonl),
  parquet: () => import('../../read/parquet.ts').then((m) => m.parquet),
}
