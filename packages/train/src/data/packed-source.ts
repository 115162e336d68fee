// One data set: the packed shards of a folder (or a single file), read in a seeded order that is
// different in every epoch and the same in every run.
//
// Order: record batches are shuffled, then rows inside a window of four batches, so a run reads the
// disk in 4 MB pieces and still sees rows far apart side by side. Row p of the endless sequence is a
// pure function of (seed, p): resuming needs only p. Memory: two windows, about 32 MB.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, InputError } from '@shardmill/core/errors'
import { mix32, seeded, type Random } from '@shardmill/core/random'
import { PackedShardReader, type PackedBatch } from '@shardmill/tokenizer/packed-shard'
import type { PackedShardMetadata } from '@shardmill/tokenizer/packed-shard'
import type { PairColumns } from './pairs.ts'

/** One row of a shard, without its padding. */
export interface Row {
  /** Views of the batch; do not change them. */
  readonly ids: Uint16Array | Uint32Array
  /** Tokens of each piece; they add up to `ids.length`. */
  readonly lengths: Uint32Array
  /** Whether token `i` begins a word; undefined when the shard does not say. */
  readonly startsWord: ((i: number) => boolean) | undefined
  /** Number of the row in the run, over all data sets; seeds what is random about it. */
  readonly sample: number
  /** Sentence pairs, when the loader makes them. */
  readonly pairs?: PairColumns
}

/** A row that knows where it lies. */
export interface SourceRow extends Row {
  /** The document of piece `i`. */
  docId(i: number): string
  /** Another row near this one: which, depends on the order of the source and `random` only. */
  another(random: Random): SourceRow
}

export interface PackedSource {
  readonly path: string
  readonly metadata: PackedShardMetadata
  /** Rows of one epoch. */
  readonly rows: number
  /** Row `position` of the endless sequence; neighbours cost nothing, jumps read a window. */
  row(position: number, sample: number): Promise<SourceRow>
  close(): Promise<void>
}

export interface PackedSourceOptions {
  readonly seed: number
  readonly shuffle: boolean
  /** Which rows belong to it, by their number in the whole data set: for held-out rows. */
  readonly includes?: (row: number) => boolean
}

const WINDOW = 4

interface BatchPlace {
  readonly reader: PackedShardReader
  readonly index: number
  /** Rows of the batch that belong to the source. */
  readonly rows: readonly number[]
}

interface Window {
  readonly first: number
  readonly rows: readonly { batch: number; row: number }[]
  readonly places: readonly BatchPlace[]
  batches: Promise<PackedBatch[]> | undefined
}

/** Opens all `*.arrow` files of a folder in name order; they must come from one tokenizer. */
export async function openPackedSource(
  path: string,
  { seed, shuffle, includes = () => true }: PackedSourceOptions,
): Promise<PackedSource> {
  const readers: PackedShardReader[] = []
  for (const file of shardFiles(path)) readers.push(await PackedShardReader.open(file))
  const { metadata } = readers[0]!
  for (const reader of readers) checkAlike(readers[0]!, reader)
  const places = listBatches(readers, includes)
  const rows = places.reduce((sum, place) => sum + place.rows.length, 0)

  let epoch = -1
  let windows: Window[] = []
  function openEpoch(number: number): void {
    if (number === epoch) return
    epoch = number
    windows = shuffle
      ? planWindows(shuffled([...places], mix32(seed ^ mix32(number))), mix32(seed + number))
      : planWindows(places)
  }

  // One read at a time: an Arrow file reader has a single position.
  let reading: Promise<unknown> = Promise.resolve()
  async function readAll(window: Window): Promise<PackedBatch[]> {
    const batches: PackedBatch[] = []
    for (const { reader, index } of window.places) batches.push(await reader.readBatch(index))
    return batches
  }
  function load(window: Window): Promise<PackedBatch[]> {
    if (!window.batches) {
      window.batches = reading.then(() => readAll(window))
      reading = window.batches.catch(() => undefined)
    }
    return window.batches
  }

  return {
    path,
    metadata,
    rows,
    async row(position, sample) {
      openEpoch(Math.floor(position / rows))
      const within = position % rows
      const at = windows.findLastIndex(({ first }) => first <= within)
      const window = windows[at]!
      const batches = await load(window)
      for (const [i, other] of windows.entries()) {
        if (i === at + 1) void load(other).catch(() => undefined)
        else if (i !== at) other.batches = undefined
      }
      const read = (place: number): SourceRow => {
        const { batch, row } = window.rows[place]!
        const columns = readRow(batches[batch]!, row, metadata.sequenceLength)
        return { ...columns, sample, another: (random) => read(random.below(window.rows.length)) }
      }
      return read(within - window.first)
    },
    async close() {
      await reading
      for (const reader of readers) await reader.close()
    },
  }
}

/** The shards of a folder in name order, or the file itself. */
export function shardFiles(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) {
    throw new ConfigError(`data: no folder or file \`${path}\``, {
      hint: 'packed shards are written by `shardmill tokenizer pack`, or by a pipeline with `pack`',
    })
  }
  if (found.isFile()) return [path]
  const files = readdirSync(path).filter((name) => name.endsWith('.arrow'))
  if (files.length === 0) {
    const inside = join(path, 'packed')
    const isRun = statSync(inside, { throwIfNoEntry: false })?.isDirectory() === true
    throw new ConfigError(`data: no \`.arrow\` files in \`${path}\``, {
      hint: isRun ? `the packed shards of this run are in \`${inside}\`` : undefined,
    })
  }
  return files.toSorted().map((name) => join(path, name))
}

function checkAlike(first: PackedShardReader, other: PackedShardReader): void {
  for (const key of ['sequenceLength', 'vocabSize', 'tokenizerHash'] as const) {
    const [wanted, got] = [first.metadata[key], other.metadata[key]]
    if (wanted === got) continue
    throw new InputError(`${other.path}: ${key} is ${got}, but ${wanted} in ${first.path}`, {
      hint: 'shards of one training run come from one tokenizer and one row length',
    })
  }
}

function listBatches(
  readers: readonly PackedShardReader[],
  includes: (row: number) => boolean,
): BatchPlace[] {
  const places: BatchPlace[] = []
  let number = 0
  for (const reader of readers) {
    const { rowsPerBatch } = reader.metadata
    for (let index = 0; index < reader.batchCount; index++) {
      const count = Math.min(rowsPerBatch, reader.rowCount - index * rowsPerBatch)
      const rows: number[] = []
      for (let row = 0; row < count; row++, number++) if (includes(number)) rows.push(row)
      if (rows.length > 0) places.push({ reader, index, rows })
    }
  }
  return places
}

/** Windows over batches in this order; rows inside are shuffled when there is a seed. */
function planWindows(places: readonly BatchPlace[], seed?: number): Window[] {
  const windows: Window[] = []
  let first = 0
  for (let i = 0; i < places.length; i += WINDOW) {
    const group = places.slice(i, i + WINDOW)
    const rows = group.flatMap((place, batch) => place.rows.map((row) => ({ batch, row })))
    if (seed !== undefined) shuffled(rows, mix32(seed ^ (i + 1)))
    windows.push({ first, rows, places: group, batches: undefined })
    first += rows.length
  }
  return windows
}

/** Fisher and Yates, in place. */
function shuffled<Item>(items: Item[], seed: number): Item[] {
  const random = seeded(seed)
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items
}

function readRow(
  batch: PackedBatch,
  row: number,
  width: number,
): Omit<SourceRow, 'sample' | 'another'> {
  const [from, to] = [batch.rowPieces[row]!, batch.rowPieces[row + 1]!]
  const lengths = batch.pieceLengths.subarray(from, to)
  const used = lengths.reduce((sum, length) => sum + length, 0)
  const start = row * width
  const bits = batch.wordStarts
  const startsWord = bits
    ? (i: number): boolean => ((bits[(start + i) >>> 3]! >>> ((start + i) & 7)) & 1) === 1
    : undefined
  const ids = batch.inputIds.subarray(start, start + used)
  return { ids, lengths, startsWord, docId: (i) => batch.docId(from + i) }
}
