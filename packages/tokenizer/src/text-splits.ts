// The inputs of a training as a fixed list of splits: 64 MB of lines, a range of Arrow batches, or a
// whole compressed file. The list depends on the files only, never on the number of workers. A line
// belongs to the split in which it begins.
import { createReadStream, openSync, closeSync, readSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createGunzip } from 'node:zlib'
import { ConfigError, InputError, type ErrorDetails } from '@shardmill/core/errors'
import type { TrainingInput } from './training-config.ts'

const splitBytes = 64 << 20
const chunkBytes = 1 << 18
/** A longer line is refused: it would have to be held whole. */
const maxLineBytes = 1 << 30

export interface TextSplit {
  readonly path: string
  readonly format: 'text' | 'jsonl' | 'arrow'
  /** Byte range, or batch range for Arrow; compressed files are read whole. */
  readonly start: number
  readonly end: number
  readonly bytes: number
  readonly input: TrainingInput
}

/** All splits of the inputs, in order of the inputs and of the file names. */
export async function planSplits(
  inputs: readonly TrainingInput[],
  wholeTextFiles: boolean,
): Promise<TextSplit[]> {
  const splits: TextSplit[] = []
  for (const input of inputs) {
    const paths = await pathsOf(input.path)
    for (const path of paths) splits.push(...(await splitFile(path, input, wholeTextFiles)))
  }
  return splits
}

async function pathsOf(pattern: string): Promise<string[]> {
  // A path that is there needs no search, even one with brackets in its name.
  if (statSync(pattern, { throwIfNoEntry: false })?.isFile()) return [resolve(pattern)]
  const { glob } = await import('tinyglobby')
  const isFolder = statSync(pattern, { throwIfNoEntry: false })?.isDirectory() === true
  const paths = isFolder
    ? await glob('**/*.{txt,md,jsonl,ndjson,arrow,feather}{,.gz}', { cwd: pattern, absolute: true })
    : await glob(pattern, { absolute: true })
  paths.sort()
  if (paths.length === 0) throw new ConfigError(`tokenizer: no file matches \`${pattern}\``)
  return paths
}

async function splitFile(
  path: string,
  input: TrainingInput,
  wholeTextFiles: boolean,
): Promise<TextSplit[]> {
  const format = input.format === 'auto' ? formatOf(path) : input.format
  const { size } = statSync(path)
  if (format === 'arrow') {
    const reader = await openShard(path)
    const { batchCount } = reader
    await reader.close()
    const step = Math.max(1, Math.floor(batchCount / Math.ceil(size / splitBytes)))
    return ranges(batchCount, step).map(([start, end]) => {
      const bytes = Math.round((size * (end - start)) / batchCount)
      return { path, format, start, end, bytes, input }
    })
  }
  const isWhole = path.endsWith('.gz') || (format === 'text' && wholeTextFiles)
  const step = isWhole ? Math.max(1, size) : splitBytes
  return ranges(size, step).map(([start, end]) => {
    return { path, format, start, end, bytes: end - start, input }
  })
}

function ranges(size: number, step: number): (readonly [number, number])[] {
  const list: (readonly [number, number])[] = []
  for (let start = 0; start < size; start += step) list.push([start, Math.min(size, start + step)])
  return list
}

function formatOf(path: string): 'text' | 'jsonl' | 'arrow' {
  const name = path.replace(/\.gz$/, '')
  if (/\.(jsonl|ndjson|json)$/.test(name)) return 'jsonl'
  if (/\.(arrow|feather)$/.test(name)) return 'arrow'
  return 'text'
}

/**
 * Called with UTF-8 that is one document, or with several whole lines when `isLines` is true. The
 * bytes are only valid during the call and not yet checked to be UTF-8.
 */
export type UseText = (bytes: Buffer, isLines: boolean, lang: string) => void

/** Reads a split and hands out its texts in order; awaits between chunks. */
export async function readSplit(split: TextSplit, use: UseText): Promise<void> {
  const { path, format, input } = split
  if (format === 'arrow') return readArrow(split, use)
  const blocks = path.endsWith('.gz') ? readGzip(path) : readRange(split)
  let line = 0
  for await (const block of blocks) {
    if (format === 'text') use(block, true, input.lang)
    else
      eachLine(block, (from, to) => useJson(block.toString('utf8', from, to), split, line++, use))
  }
}

/** A whole text file as one document. */
export async function readWhole(split: TextSplit, use: UseText): Promise<void> {
  const parts: Buffer[] = []
  const blocks = split.path.endsWith('.gz') ? readGzip(split.path) : readRange(split)
  for await (const block of blocks) parts.push(Buffer.from(block))
  use(Buffer.concat(parts), false, split.input.lang)
}

/** Loaded on first use: Arrow takes 20 MB. */
async function openShard(path: string) {
  const { ShardReader } = await import('@shardmill/core/shard-reader')
  return ShardReader.open(path)
}

async function readArrow(split: TextSplit, use: UseText): Promise<void> {
  const { field, lang } = split.input
  const reader = await openShard(split.path)
  try {
    for (let index = split.start; index < split.end; index++) {
      const batch = await reader.batch(index)
      const texts = batch.bytes(field)
      if (!texts) {
        throw new InputError(`${split.path}: no column \`${field}\``, {
          hint: `columns: ${reader.columns.join(', ')}`,
        })
      }
      const langs = lang === '' ? batch.bytes('lang') : undefined
      for (let row = 0; row < batch.rows; row++) {
        const bytes = texts.slice(row)
        const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        use(view, false, langs ? langs.text(row) : lang)
      }
    }
  } finally {
    await reader.close()
  }
}

function useJson(line: string, split: TextSplit, index: number, use: UseText): void {
  const source = line.trim()
  if (source === '') return
  const fault = (what: string, details?: ErrorDetails): InputError =>
    new InputError(
      `${split.path}:${lineNumber(split, index)}: ${what}: ${shorten(source)}`,
      details,
    )
  let record: unknown
  try {
    record = JSON.parse(source)
  } catch (cause) {
    throw fault('not a JSON line', { cause })
  }
  if (typeof record !== 'object' || record === null) throw fault('expected an object')
  const fields = new Map<string, unknown>(Object.entries(record))
  const text = fields.get(split.input.field)
  if (typeof text !== 'string') {
    const hint = `fields: ${[...fields.keys()].join(', ')}`
    throw fault(`no text in field \`${split.input.field}\``, { hint })
  }
  const lang = fields.get('lang')
  use(Buffer.from(text), false, split.input.lang || (typeof lang === 'string' ? lang : ''))
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}

/** The number in its file of a line of a split; only an error asks, so the file is read again. */
function lineNumber({ path, start }: TextSplit, index: number): number {
  if (start === 0) return index + 1
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes)
    // The line that holds the byte before the split is the last one of the split before.
    let line = index + 2
    for (let at = 0; at < start - 1;) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, start - 1 - at), at)
      if (read === 0) break
      eachLine(buffer.subarray(0, read), (_, end) => {
        if (buffer[end - 1] === 10) line++
      })
      at += read
    }
    return line
  } finally {
    closeSync(file)
  }
}

/** Calls `use` with the range of every line, its line end included. */
export function eachLine(bytes: Buffer, use: (start: number, end: number) => void): void {
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(10, at)
    const end = newline < 0 ? bytes.length : newline + 1
    use(at, end)
    at = end
  }
}

/** Blocks of whole lines that begin in the byte range of the split. */
function* readRange(split: TextSplit): Generator<Buffer> {
  const file = openSync(split.path, 'r')
  try {
    let at = split.start
    let buffer = Buffer.allocUnsafe(chunkBytes)
    let held = 0
    // A line that begins before the split is the business of the split before.
    let isSkipping = at > 0
    if (isSkipping) at--
    for (let isLast = false; !isLast;) {
      if (held === buffer.length) {
        if (held >= maxLineBytes) throw new InputError(`${split.path}: a line longer than 1 GB`)
        const larger = Buffer.allocUnsafe(buffer.length * 2)
        buffer.copy(larger, 0, 0, held)
        buffer = larger
      }
      const read = readSync(file, buffer, held, buffer.length - held, at)
      let end = held + read
      at += read
      isLast = read === 0
      let start = 0
      if (isSkipping) {
        start = buffer.subarray(0, end).indexOf(10) + 1
        if (start === 0) {
          // Still inside that line.
          held = 0
          continue
        }
        if (at - end + start >= split.end) return
        isSkipping = false
      }
      const position = at - end
      if (at >= split.end) {
        // Up to the end of the last line that begins before `split.end`.
        const newline = buffer
          .subarray(0, end)
          .indexOf(10, Math.max(start, split.end - 1 - position))
        if (newline >= 0) {
          isLast = true
          end = newline + 1
        }
      }
      const whole = isLast ? end : buffer.subarray(0, end).lastIndexOf(10) + 1
      if (whole > start) yield buffer.subarray(start, whole)
      const from = Math.max(start, whole)
      buffer.copyWithin(0, from, end)
      held = end - from
    }
  } finally {
    closeSync(file)
  }
}

async function* readGzip(path: string): AsyncGenerator<Buffer> {
  const stream = createReadStream(path).pipe(createGunzip())
  let held: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of stream) {
      held = held.length === 0 ? (chunk as Buffer) : Buffer.concat([held, chunk as Buffer])
      if (held.length < chunkBytes) continue
      const whole = held.lastIndexOf(10) + 1
      if (whole > 0) yield held.subarray(0, whole)
      held = Buffer.from(held.subarray(whole))
      if (held.length > maxLineBytes) throw new InputError(`${path}: a line longer than 1 GB`)
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(`${path}: not readable as gzip`, { cause })
  }
  if (held.length > 0) yield held
}
