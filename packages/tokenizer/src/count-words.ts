// From texts to counted words: cuts texts into the units the trainer is fed (lines with their line
// end, or documents), normalises, samples, weighs, and counts the pieces. When the table outgrows its
// memory it is written as a run file and emptied.
//
// Cost: 60-100 MB/s for plain text; a normalizer makes strings of everything and takes it to 20-30.
import { isUtf8 } from 'node:buffer'
import { mix32 } from '@shardmill/core/random'
import type { Cutter } from './cut-marks.ts'
import { preTokenizer } from './pretokenize/index.ts'
import { eachLine, readSplit, readWhole, type TextSplit } from './text-splits.ts'
import type { ResolvedTraining } from './training-defaults.ts'
import { maxPieceBytes, WordCounter, type WordTable } from './word-table.ts'
import { writeRun } from './word-runs.ts'

export interface CountedCorpus {
  readonly words: WordTable
  readonly texts: number
  readonly bytes: number
  /** Distinct words before rare ones were left out for lack of memory. */
  /** Bytes by language; '' for texts that name none. */
  readonly languages: ReadonlyMap<string, number>
  /** Files that are not UTF-8 throughout. */
  readonly notUtf8: readonly string[]
  readonly distinctWords: number
  readonly lowestCount: number
  readonly droppedOccurrences: number
}

/** Bytes of memory that the tables of words may take while counting. */
export function countingBytes(config: ResolvedTraining, workers: number): number {
  return (config.memoryMB * 2 ** 20 * 0.35) / workers
}

/** What the merged words may cost in training. */
export function trainingBytes(config: ResolvedTraining): number {
  return config.memoryMB * 2 ** 20 * 0.7
}

/** Counts the words of texts; one per task. */
export class TextCounter {
  readonly words: WordCounter
  /** Units and bytes counted so far, after sampling. */
  texts = 0
  bytes = 0
  /** Bytes by language, of what `bytes` counts. */
  readonly languages = new Map<string, number>()
  /** Files that are not UTF-8 throughout; what is not was counted as U+FFFD. */
  readonly notUtf8 = new Set<string>()
  #hasFault = false
  /** Complete run files written so far. */
  readonly runs: string[] = []
  readonly #config: ResolvedTraining
  readonly #runPath: (index: number) => string
  readonly #preTokenizer
  readonly #prepare: ((text: string) => string) | undefined
  readonly #cut: Cutter | undefined
  #marks = new Uint8Array(0)

  /** A counter; `runPath` names the nth run file when the words outgrow `memoryBytes`. */
  static async create(
    config: ResolvedTraining,
    memoryBytes: number,
    runPath: (index: number) => string,
  ): Promise<TextCounter> {
    const { hanMaxRun, segment, normalizer } = config
    // Normalizers, the segmenter and their tables are loaded only when they are wanted.
    const cut =
      hanMaxRun > 0 || segment ? (await import('./cut-marks.ts')).createCutter(config) : undefined
    const normalize =
      normalizer === 'none'
        ? undefined
        : (await import('./text-normalizers.ts')).textNormalizer(normalizer)
    return new TextCounter(config, memoryBytes, runPath, cut, normalize)
  }

  private constructor(
    config: ResolvedTraining,
    memoryBytes: number,
    runPath: (index: number) => string,
    cut: Cutter | undefined,
    normalize: ((text: string) => string) | undefined,
  ) {
    this.#config = config
    this.words = new WordCounter(memoryBytes, () => this.spill())
    this.#runPath = runPath
    this.#preTokenizer = preTokenizer(config.preTokenizer)
    const { pattern, prepare } = this.#preTokenizer
    if (pattern && !cut) this.words.useScanner(pattern)
    this.#prepare =
      normalize && prepare ? (text) => prepare(normalize(text)) : (normalize ?? prepare)
    this.#cut = cut
  }

  /** Counts a whole split. `onBytes` hears how far it is; throwing there stops it. */
  async countSplit(split: TextSplit, onBytes: (bytes: number) => void): Promise<void> {
    let silent = 0
    const use = (bytes: Buffer, isLines: boolean, lang: string): void => {
      this.add(bytes, isLines, lang, split.input)
      silent += bytes.length
      if (silent < 1 << 20) return
      onBytes(silent)
      silent = 0
    }
    const isWhole = split.format === 'text' && this.#config.unit === 'document'
    this.#hasFault = false
    await (isWhole ? readWhole(split, use) : readSplit(split, use))
    if (this.#hasFault) this.notUtf8.add(split.path)
    onBytes(silent)
  }

  /** Counts one document, or a block of whole lines of a text file. */
  add(
    bytes: Buffer,
    isLines: boolean,
    lang: string,
    input: { readonly weight: number; readonly sample: number },
  ): void {
    const { unit, languageWeights } = this.#config
    const before = this.bytes
    const weight = quantise(input.weight * (languageWeights[lang] ?? 1))
    const isValid = isUtf8(bytes)
    this.#hasFault ||= !isValid
    const text = isValid ? bytes : Buffer.from(bytes.toString('utf8'))
    const isLineUnit = unit === 'line' || isLines
    if (isLineUnit && this.#isScanned(text.length) && input.sample === 1 && !this.#prepare) {
      this.bytes += text.length
      this.texts += this.words.scanText(text, 0, text.length, true, weight)
    } else if (isLineUnit) {
      eachLine(text, (start, end) => this.#addUnit(text, start, end, weight, input.sample))
    } else this.#addUnit(text, 0, text.length, weight, input.sample)
    this.languages.set(lang, (this.languages.get(lang) ?? 0) + this.bytes - before)
  }

  /** Writes the words so far to a run file and forgets them. */
  spill(): void {
    if (this.words.size === 0) return
    const path = this.#runPath(this.runs.length)
    writeRun(path, this.words.table())
    this.runs.push(path)
    this.words.clear()
  }

  /** The table's own scanner can do it. */
  #isScanned(bytes: number): boolean {
    return this.#preTokenizer.pattern !== undefined && !this.#cut && bytes <= maxPieceBytes
  }

  #addUnit(text: Buffer, from: number, to: number, weight: number, sample: number): void {
    if (sample < 1 && !isDrawn(text, from, to, this.#config.seed, sample)) return
    this.texts++
    this.bytes += to - from
    let bytes = text
    let start = from
    let end = to
    if (this.#prepare) {
      bytes = Buffer.from(this.#prepare(text.toString('utf8', from, to)))
      start = 0
      end = bytes.length
    }
    if (this.#isScanned(end - start)) {
      this.words.scanText(bytes, start, end, false, weight)
      return
    }
    const { split } = this.#preTokenizer
    if (!this.#cut) {
      this.words.addText(split, bytes, start, end, weight)
      return
    }
    if (this.#marks.length < end - start) this.#marks = new Uint8Array((end - start) * 2)
    this.#cut(bytes, start, end, this.#marks)
    this.words.addMarkedText(split, bytes, start, end, this.#marks, weight)
  }
}

/** Weights in steps of 2^-16, so that sums are exact in any order. */
function quantise(weight: number): number {
  return Math.max(1, Math.round(weight * 65_536)) / 65_536
}

/** True for a share of all texts that depends on their content and the seed only. */
function isDrawn(
  bytes: Uint8Array,
  from: number,
  to: number,
  seed: number,
  share: number,
): boolean {
  let hash = mix32(seed) | 0
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return mix32(hash) < share * 2 ** 32
}
