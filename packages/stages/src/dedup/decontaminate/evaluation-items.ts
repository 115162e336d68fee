// Evaluation files to items: JSON lines and JSON arrays (every string at any depth, or chosen fields),
// CSV and TSV (every cell, or chosen columns), text (paragraphs or lines). Plain, .gz, .zst or .bz2.
// Equal texts are one item that counts its copies: the passage that twenty questions share.
// Memory: one file at a time, decoded.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, InputError, messageOf } from '@shardmill/core/errors'
import { parse } from 'csv-parse/sync'
import { openDecoded } from '../../read/decoded-source.ts'
import { FileBytes } from '../../read/file-bytes.ts'

export interface EvaluationItem {
  /** The file as the configuration names it, with the path inside a folder. */
  readonly file: string
  /** Line, or record for CSV, from 1: where the item first stands. */
  readonly row: number
  /** Path of keys, name or number of the column; '' for text. */
  readonly field: string
  readonly text: string
  copies: number
}

export interface ItemOptions {
  /** Empty for all. */
  readonly fields: readonly string[]
  readonly textUnit: 'paragraph' | 'line'
}

const endings = /\.(jsonl|ndjson|json|csv|tsv|txt|md)(?:\.(?:gz|zst|bz2))?$/i

/** Reads all items of `paths` (files, or folders with all below them), in order of name. */
export async function readEvaluationItems(
  paths: readonly string[],
  options: ItemOptions,
  resolve: (path: string) => string,
): Promise<EvaluationItem[]> {
  const items = new Map<string, EvaluationItem>()
  for (const path of paths) {
    const names = filesBelow(path, resolve)
    if (names.length === 0) {
      throw new ConfigError(`decontaminate: no evaluation file in ${path}`, {
        hint: 'files end in .jsonl .json .csv .tsv .txt .md, plain, .gz, .zst or .bz2',
      })
    }
    for (const name of names) {
      const before = items.size
      for (const item of itemsOf(name, await readText(resolve(name)), options)) {
        const known = items.get(item.text)
        if (known) known.copies++
        else items.set(item.text, item)
      }
      if (items.size === before && options.fields.length > 0) {
        throw new ConfigError(`decontaminate: ${name} has no text in ${options.fields.join(', ')}`)
      }
    }
  }
  return [...items.values()]
}

function filesBelow(path: string, resolve: (path: string) => string): string[] {
  const stats = statSync(resolve(path), { throwIfNoEntry: false })
  if (!stats) throw new ConfigError(`decontaminate: there is no ${path}`)
  if (!stats.isDirectory()) return [path]
  const names = readdirSync(resolve(path), { recursive: true, encoding: 'utf8' })
  const known = names.filter((name) => endings.test(name)).toSorted()
  return known.map((name) => join(path, name)).filter((name) => statSync(resolve(name)).isFile())
}

async function readText(path: string): Promise<string> {
  const file = new FileBytes(path)
  try {
    const source = await openDecoded(file)
    const chunks: Buffer[] = []
    for (let chunk = await source.pull(); chunk !== undefined; chunk = await source.pull()) {
      chunks.push(Buffer.from(chunk))
    }
    if (source.problem !== undefined) throw new InputError(`${path}: ${source.problem}`)
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\ufeff/, '')
  } finally {
    file.close()
  }
}

function* itemsOf(file: string, text: string, options: ItemOptions): Generator<EvaluationItem> {
  const kind = endings.exec(file)?.[1]?.toLowerCase() ?? 'txt'
  if (kind === 'csv' || kind === 'tsv') yield* tableItems(file, text, kind, options)
  else if (kind === 'txt' || kind === 'md') yield* textItems(file, text, options)
  else yield* jsonItems(file, text, options)
}

function* jsonItems(
  file: string,
  text: string,
  { fields }: ItemOptions,
): Generator<EvaluationItem> {
  for (const { row, value } of jsonRows(file, text)) {
    for (const { field, text: each } of stringsOf(value, '')) {
      const isWanted =
        fields.length === 0 ||
        fields.some((wanted) => field === wanted || field.startsWith(`${wanted}.`))
      if (isWanted) yield { file, row, field, text: each, copies: 1 }
    }
  }
}

/** Rows of JSON lines, or of one array or object over the whole file. */
function* jsonRows(file: string, text: string): Generator<{ row: number; value: unknown }> {
  const whole = parseJson(text)
  if (whole !== undefined) {
    const rows = Array.isArray(whole) ? whole : [whole]
    for (const [i, value] of rows.entries()) yield { row: i + 1, value }
    return
  }
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const value = parseJson(line)
    if (value === undefined) throw new InputError(`${file}:${i + 1}: expected a JSON value`)
    yield { row: i + 1, value }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function* stringsOf(value: unknown, field: string): Generator<{ field: string; text: string }> {
  if (typeof value === 'string') yield { field, text: value }
  if (typeof value !== 'object' || value === null) return
  for (const [key, each] of Object.entries(value)) {
    yield* stringsOf(each, field === '' ? key : `${field}.${key}`)
  }
}

function* tableItems(
  file: string,
  text: string,
  kind: 'csv' | 'tsv',
  { fields }: ItemOptions,
): Generator<EvaluationItem> {
  let rows: string[][]
  try {
    rows = parse(text, {
      delimiter: kind === 'tsv' ? '\t' : ',',
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
    })
  } catch (cause) {
    throw new InputError(`${file}: ${messageOf(cause)}`, { cause })
  }
  const head = rows[0] ?? []
  const missing = fields.filter((field) => !head.includes(field))
  if (missing.length > 0) {
    throw new ConfigError(`decontaminate: ${file} has no column \`${missing[0]}\``, {
      hint: `its first record: ${head.join(', ').slice(0, 200)}`,
    })
  }
  for (const [i, row] of rows.entries()) {
    if (fields.length > 0 && i === 0) continue
    for (const [column, cell] of row.entries()) {
      const field = fields.length > 0 ? (head[column] ?? '') : String(column + 1)
      if (fields.length > 0 && !fields.includes(field)) continue
      yield { file, row: i + 1, field, text: cell, copies: 1 }
    }
  }
}

function* textItems(
  file: string,
  text: string,
  { textUnit }: ItemOptions,
): Generator<EvaluationItem> {
  const lines = text.split('\n')
  let [held, first] = [[] as string[], 0]
  for (let i = 0; i <= lines.length; i++) {
    const line = lines[i]
    const isBlank = line === undefined || line.trim() === ''
    if (!isBlank && held.length === 0) first = i
    if (!isBlank) held.push(line)
    if (held.length === 0 || (!isBlank && textUnit === 'paragraph')) continue
    yield { file, row: first + 1, field: '', text: held.join('\n'), copies: 1 }
    held = []
  }
}
