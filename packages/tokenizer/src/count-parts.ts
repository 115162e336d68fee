// Counts a large corpus in parts, in this thread or in several. Each part ends as run files and a note
// that it is complete, so a stopped training goes on where it was. Neither the number of workers nor
// the order in which parts end can change the sums.
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { hashText128 } from '@shardmill/core/hash'
import { commitFile } from '@shardmill/core/store'
import { workerUrl } from '@shardmill/core/worker-url'
import { z } from 'zod'
import { countingBytes, TextCounter, trainingBytes, type CountedCorpus } from './count-words.ts'
import type { TextSplit } from './text-splits.ts'
import type { ResolvedTraining } from './training-defaults.ts'
import { mergeRuns } from './word-runs.ts'

/** What the counting threads are sent and answer. */
export interface CountPart {
  readonly key: string
  readonly splits: readonly TextSplit[]
}

export const partNote = z.object({
  texts: z.number(),
  bytes: z.number(),
  languages: z.array(z.tuple([z.string(), z.number()])),
  notUtf8: z.array(z.string()),
  runs: z.array(z.string()),
})
export type PartNote = z.output<typeof partNote>

const mostPartBytes = 512 << 20
const leastPartBytes = 64 << 20
export interface PartHooks {
  readonly workers: number
  readonly totalBytes: number
  /** A folder for run files. */
  readonly folder: string
  /** Hears what was counted since the last call; throwing there stops it. */
  readonly onBytes: (bytes: number) => void
}

/** Counts splits in parts; those that an earlier training has finished are only read. */
export async function countParts(
  splits: readonly TextSplit[],
  config: ResolvedTraining,
  { workers, totalBytes, folder, onBytes }: PartHooks,
): Promise<CountedCorpus> {
  mkdirSync(folder, { recursive: true })
  const parts = groupSplits(splits, totalBytes, config)
  const notes: PartNote[] = []
  const open: CountPart[] = []
  for (const part of parts) {
    const note = readNote(folder, part.key)
    if (!note) open.push(part)
    else {
      notes.push(note)
      onBytes(part.splits.reduce((sum, { bytes }) => sum + bytes, 0))
    }
  }
  const threads = Math.min(workers, open.length)
  if (workers === 1) {
    for (const part of open) {
      notes.push(await countPart(config, part, folder, countingBytes(config, 1), onBytes))
    }
  } else notes.push(...(await countInThreads(config, open, threads, folder, onBytes)))
  const runs = notes.flatMap((note) => note.runs).map((name) => join(folder, name))
  const merged = mergeRuns(runs, trainingBytes(config))
  return {
    words: merged.words,
    texts: notes.reduce((sum, { texts }) => sum + texts, 0),
    bytes: notes.reduce((sum, { bytes }) => sum + bytes, 0),
    languages: sumLanguages(notes),
    notUtf8: [...new Set(notes.flatMap(({ notUtf8 }) => notUtf8))].toSorted(),
    distinctWords: merged.distinct,
    lowestCount: merged.lowestCount,
    droppedOccurrences: merged.droppedOccurrences,
  }
}

function sumLanguages(notes: readonly PartNote[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { languages } of notes) {
    for (const [lang, bytes] of languages) sums.set(lang, (sums.get(lang) ?? 0) + bytes)
  }
  return sums
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
  const { texts, bytes } = counter
  const note: PartNote = {
    texts,
    bytes,
    languages: [...counter.languages],
    notUtf8: [...counter.notUtf8],
    runs,
  }
  commitFile(join(folder, `${part.key}.json`), JSON.stringify(note))
  return note
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
  return hashText128(JSON.stringify([2, rules, splits, files])).slice(0, 24)
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
