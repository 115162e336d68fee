// Texts for the tokenizer commands, one at a time: text shards (.arrow), JSON lines (.jsonl, field
// `text`, optional `id` and `lang`), and plain text, where every non-empty line or the whole file is
// one document. Folders are read in name order. Memory: one record batch, or one line.
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { InputError, messageOf } from '@shardmill/core/errors'
import { ShardReader } from '@shardmill/core/shard-reader'

export interface SourceText {
  readonly id: string
  readonly text: string
  /** '' when the source does not say. */
  readonly lang: string
}

export type PlainDocuments = 'line' | 'file'

/** All texts of files and folders, in the order given. Throws `InputError` naming file and line. */
export async function* readTexts(
  paths: readonly string[],
  plainDocuments: PlainDocuments = 'line',
): AsyncGenerator<SourceText> {
  for (const file of listTextFiles(paths)) {
    if (file.endsWith('.arrow')) yield* readShard(file)
    else if (/\.(jsonl|ndjson)$/.test(file)) yield* readJsonLines(file)
    else if (plainDocuments === 'file') {
      yield { id: basename(file), text: await readFile(file, 'utf8'), lang: '' }
    } else yield* readLines(file)
  }
}

/** The files of files and folders, in the order given. Throws `InputError` when there is none. */
export function listTextFiles(paths: readonly string[]): string[] {
  const files = paths.flatMap(listFiles)
  if (files.length > 0) return files
  throw new InputError(`no input: ${paths.join(', ')} has no .arrow, .jsonl or .txt file`)
}

function listFiles(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new InputError(`no input file \`${path}\``)
  if (!found.isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => /\.(arrow|jsonl|ndjson|txt|md)$/.test(name))
    .toSorted()
    .map((name) => join(path, name))
}

async function* readShard(file: string): AsyncGenerator<SourceText> {
  const reader = await ShardReader.open(file)
  try {
    for await (const batch of reader.batches()) {
      const texts = batch.bytes('text')
      if (!texts) {
        throw new InputError(
          `${file}: expected a column \`text\`, got ${reader.columns.join(', ')}`,
        )
      }
      const [ids, langs] = [batch.bytes('id'), batch.bytes('lang')]
      for (let row = 0; row < batch.rows; row++) {
        yield {
          id: ids?.text(row) ?? `${row}`,
          text: texts.text(row),
          lang: langs?.text(row) ?? '',
        }
      }
    }
  } finally {
    await reader.close()
  }
}

async function* readJsonLines(file: string): AsyncGenerator<SourceText> {
  let number = 0
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Infinity,
  })) {
    number++
    if (line.trim() === '') continue
    const row = parseLine(`${file}:${number}`, line)
    if (typeof row['text'] !== 'string') {
      throw new InputError(`${file}:${number}: expected a string \`text\``)
    }
    const [id, lang] = [row['id'], row['lang']]
    yield {
      id: typeof id === 'string' ? id : `${basename(file)}:${number}`,
      text: row['text'],
      lang: typeof lang === 'string' ? lang : '',
    }
  }
}

function parseLine(place: string, line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch (cause) {
    throw new InputError(`${place}: not JSON: ${messageOf(cause)}`, { cause })
  }
}

async function* readLines(file: string): AsyncGenerator<SourceText> {
  let number = 0
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Infinity,
  })) {
    number++
    if (line !== '') yield { id: `${basename(file)}:${number}`, text: line, lang: '' }
  }
}
