// Counts the words of a whole corpus. A small one is counted in one table, in this thread and without
// any file; others in parts (count-parts.ts), and what an async source gives as it comes. Counts are
// sums of exact numbers, so no way of counting can change the result.
import { mkdirSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { countingBytes, TextCounter, trainingBytes, type CountedCorpus } from './count-words.ts'
import { planSplits } from './text-splits.ts'
import type { ResolvedTraining } from './training-defaults.ts'
import { mergeRuns } from './word-runs.ts'

export interface CountHooks {
  readonly signal?: AbortSignal | undefined
  /** A folder for run files; kept until `forgetCounts`. */
  readonly folder: string
  onBytes?(bytes: number, totalBytes: number): void
}

/** A document of an async source. */
export type SourceText = string | { readonly text: string; readonly lang?: string }

/** Up to this size everything is counted in one table, when it also fits the memory. */
const inMemoryBytes = 256 << 20

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
  const { countParts } = await import('./count-parts.ts')
  return countParts(splits, config, { folder: hooks.folder, workers, totalBytes, onBytes })
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

function createCounter(config: ResolvedTraining, folder: string): Promise<TextCounter> {
  return TextCounter.create(config, countingBytes(config, 1), (index) => {
    mkdirSync(folder, { recursive: true })
    return join(folder, `memory-${index}.run`)
  })
}

function finish(counter: TextCounter, config: ResolvedTraining): CountedCorpus {
  const { texts, bytes, languages } = counter
  const read = { texts, bytes, languages, notUtf8: [...counter.notUtf8].toSorted() }
  if (counter.runs.length === 0) {
    const words = counter.words.finish()
    return { ...read, words, distinctWords: words.size, lowestCount: 0, droppedOccurrences: 0 }
  }
  counter.spill()
  const merged = mergeRuns(counter.runs, trainingBytes(config))
  const { words, distinct, lowestCount, droppedOccurrences } = merged
  return { ...read, words, distinctWords: distinct, lowestCount, droppedOccurrences }
}
