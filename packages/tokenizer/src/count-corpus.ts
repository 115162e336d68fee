// Counts the words of a whole corpus in parts, in this thread or in several. Each part ends as run
// files and a note that it is complete, so a stopped training goes on where it was; small corpora are
// counted in memory without any file. Counts are sums of exact numbers, so neither the number of
// workers nor the order in which parts end can change the result.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { hashText128 } from '@shardmill/core/hash'
import { commitFile } from '@shardmill/core/store'
import { workerUrl } from '@shardmill/core/worker-url'
import { z } from 'zod'
import { TextCounter } from './count-words.ts'
import { planSplits, type TextSplit } from './text-splits.ts'
import type { ResolvedTraining } from './training-defaults.ts'
import type { WordTable } from './word-table.ts'
import { mergeRuns } from './word-runs.ts'

export interface CountedCorpus {
  readonly words: WordTable
  readonly texts: number
  readonly bytes: number
  /** Distinct words before rare ones were left out for lack of memory. */
  readonly distinctWords: number
  readonly lowestCount: number
  readonly droppedOccurrences: number
}

export interface CountHooks {
  readonly signal?: AbortSignal | undefined
  /** A folder for run files; kept until `forgetCounts`. */
  readonly folder: string
  onBytes?(bytes: number, totalBytes: number): void
}

/** A document of an async source. */
export type SourceText = string | { readonly text: string; readonly lang?: string }

/** What the counting threads are sent and answer. */
export interface CountPart {
  readonly key: string
  readonly splits: readonly TextSplit[]
}

export const partNote = z.object({
  texts: z.number(),
  bytes: z.number(),
  runs: z.array(z.string()),
})
export type PartNote = z.output<typeof partNote>

const mostPartBytes = 512 << 20
const leastPartBytes = 64 << 20
/** Up to this size everything is counted in one table, when it also fits the memory. */
const inMemoryBytes = 256 << 20

/** Bytes of memory that the tables of words may take while counting. */
export function countingBytes(config: ResolvedTraining, workers: number): number {
  return (config.memoryMB * 2 ** 20 * 0.35) / workers
}

/** What the merged words may cost in training. */
function trainingBytes(config: ResolvedTraining): number {
  return config.memoryMB * 2 ** 20 * 0.7
}

/** Counts the inputs of a configuration. */
export async function countCorpus(
  config: ResolvedTraining,
  hooks: CountHooks,
): Promise<CountedCorpus> {
  const splits = await planSplits(config.input, config.unit === 'document')
  const totalBytes = splits.reduce((sum, { bytes }) => sum + bytes, 0)
  const workers = config.workers === 'auto' ? cpus().length : config.workers
  let seen = 0
  const onBytes = (bytes: number): void => {
    hooks.signal?.throwIfAborted()
    seen += bytes
    hooks.onBytes?.(Math.min(seen, totalBytes), totalBytes)
  }
  if (workers === 1 && totalBytes <= inMemoryBytes) {
    const counter = await createCounter(config, hooks.folder)
    for (const split of splits) await counter.countSplit(split, onBytes)
    return finish(counter, config)
  }
  mkdirSync(hooks.folder, { recursive: true })
  const parts = groupSplits(splits, totalBytes, config)
  const notes: PartNote[] = []
  const open: CountPart[] = []
  for (const part of parts) {
    const note = readNote(hooks.folder, part.key)
    if (!note) open.push(part)
    else {
      notes.push(note)
      onBytes(part.splits.reduce((sum, { bytes }) => sum + bytes, 0))
    }
  }
  const threads = Math.min(workers, open.length)
  if (workers === 1) {
    for (const part of open) {
      notes.push(await countPart(config, part, hooks.folder, countingBytes(config, 1), onBytes))
    }
  } else notes.push(...(await countInThreads(config, open, threads, hooks.folder, onBytes)))
  const runs = notes.flatMap((note) => note.runs).map((name) => join(hooks.folder, name))
  const merged = mergeRuns(runs, trainingBytes(config))
  return {
    words: merged.words,
    texts: notes.reduce((sum, { texts }) => sum + texts, 0),
    bytes: notes.reduce((sum, { bytes }) => sum + bytes, 0),
    distinctWords: merged.distinct,
    lowestCount: merged.lowestCount,
    droppedOccurrences: merged.droppedOccurrences,
  }
}

/** Counts the documents of an async source, with back-pressure. */
export async function countSource(
  source: AsyncIterable<SourceText>,
  config: ResolvedTraining,
  hooks: CountHooks,
): Promise<CountedCorpus> {
  const counter = await createCounter(config, hooks.folder)
  for await (const one of source) {
    hooks.signal?.throwIfAborted()
    const { text, lang = '' } = typeof one === 'string' ? { text: one } : one
    counter.add(Buffer.from(text), false, lang, { weight: 1, sample: 1 })
    hooks.onBytes?.(counter.bytes, 0)
  }
  return finish(counter, config)
}

/** Removes the run files. */
export function forgetCounts(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** Counts one part and commits it. */
export async function countPart(
  config: ResolvedTraining,
  part: CountPart,
  folder: string,
  memoryBytes: number,
  onBytes: (bytes: number) => void,
): Promise<PartNote> {
  const name = (index: number): string => `${part.key}-${index}.run`
  const path = (index: number): string => join(folder, name(index))
  const counter = await TextCounter.create(config, memoryBytes, path)
  for (const split of part.splits) await counter.countSplit(split, onBytes)
  counter.spill()
  const runs = counter.runs.map((_, index) => name(index))
  const note = { texts: counter.texts, bytes: counter.bytes, runs }
  commitFile(join(folder, `${part.key}.json`), JSON.stringify(note))
  return note
}

function createCounter(config: ResolvedTraining, folder: string): Promise<TextCounter> {
  return TextCounter.create(config, countingBytes(config, 1), (index) => {
    mkdirSync(folder, { recursive: true })
    return join(folder, `memory-${index}.run`)
  })
}

function finish(counter: TextCounter, config: ResolvedTraining): CountedCorpus {
  const { texts, bytes } = counter
  if (counter.runs.length === 0) {
    const words = counter.words.finish()
    return { words, texts, bytes, distinctWords: words.size, lowestCount: 0, droppedOccurrences: 0 }
  }
  counter.spill()
  const merged = mergeRuns(counter.runs, trainingBytes(config))
  const { words, distinct, lowestCount, droppedOccurrences } = merged
  return { words, texts, bytes, distinctWords: distinct, lowestCount, droppedOccurrences }
}

/** Neighbouring splits together, about a sixteenth of the corpus each: never by worker count. */
function groupSplits(
  splits: readonly TextSplit[],
  totalBytes: number,
  config: ResolvedTraining,
): CountPart[] {
  const wanted = Math.min(mostPartBytes, Math.max(leastPartBytes, totalBytes / 16))
  const groups: TextSplit[][] = []
  let bytes = Infinity
  for (const split of splits) {
    if (bytes + split.bytes > wanted) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)!.push(split)
    bytes += split.bytes
  }
  return groups.map((group) => ({ key: partKey(group, config), splits: group }))
}

/** Changes with everything that can change the counts of the part. */
function partKey(splits: readonly TextSplit[], config: ResolvedTraining): string {
  const { preTokenizer, normalizer, unit, seed, languageWeights, hanMaxRun, segment } = config
  const rules = { preTokenizer, normalizer, unit, seed, languageWeights, hanMaxRun, segment }
  const files = splits.map(({ path }) => {
    const { size, mtimeMs } = statSync(path)
    return [size, mtimeMs]
  })
  return hashText128(JSON.stringify([1, rules, splits, files])).slice(0, 24)
}

function readNote(folder: string, key: string): PartNote | undefined {
  const path = join(folder, `${key}.json`)
  if (!existsSync(path)) return undefined
  const note = partNote.parse(JSON.parse(readFileSync(path, 'utf8')))
  return note.runs.every((name) => existsSync(join(folder, name))) ? note : undefined
}

const threadAnswer = z.union([
  z.object({ bytes: z.number() }),
  z.object({ note: partNote }),
  z.object({ error: z.instanceof(Error) }),
])

async function countInThreads(
  config: ResolvedTraining,
  parts: readonly CountPart[],
  threads: number,
  folder: string,
  onBytes: (bytes: number) => void,
): Promise<PartNote[]> {
  const waiting = [...parts]
  const notes: PartNote[] = []
  const memoryBytes = countingBytes(config, threads)
  const workers: Worker[] = []
  const serve = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const url = workerUrl(import.meta.url, './count-worker.ts')
      // Without the parent's flags: a test runner's would make the thread look for TypeScript.
      const worker = new Worker(url, { workerData: { config, folder, memoryBytes }, execArgv: [] })
      workers.push(worker)
      const next = (): void => {
        const part = waiting.shift()
        if (part) worker.postMessage(part)
        else resolve()
      }
      worker.on('error', reject)
      worker.on('exit', (code) => reject(new Error(`tokenizer: a counting thread ended (${code})`)))
      worker.on('message', (message) => {
        try {
          const answer = threadAnswer.parse(message)
          if ('bytes' in answer) onBytes(answer.bytes)
          else if ('error' in answer) reject(answer.error)
          else {
            notes.push(answer.note)
            next()
          }
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
      next()
    })
  try {
    await Promise.all(Array.from({ length: threads }, serve))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return notes
}
