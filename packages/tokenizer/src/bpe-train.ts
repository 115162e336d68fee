// Byte-pair encoding (Sennrich et al. 2016; byte-level: Radford et al. 2019), trained to the same
// vocabulary and merge list as HF tokenizers 0.23 where HF is deterministic. The rules that decide:
//
//  - ids: special tokens, then the alphabet by code point, then merges in order;
//  - order: highest count, then smaller left id, then smaller right id;
//  - initial counts see overlapping windows ("aaa" holds (a, a) twice), merging goes left to right;
//  - stop: vocabulary full before the next pop, queue empty, or count below minFrequency;
//  - a string that exists already keeps its id, and the merge is still recorded;
//  - maxTokenLength (in symbols) binds only pairs that hold a merged token, with a strict `<`.
//
// Where we differ: counts are 53-bit, not 32-bit, so nothing overflows; ties of `limitAlphabet` and
// the ids of prefixed symbols follow code points instead of a hash map.
import { applyMerges } from './initial-merges.ts'
import { layOutWords, type AlphabetRules } from './word-cells.ts'
import { BpeVocabulary, type MergePairs, type TokenTexts } from './bpe-vocabulary.ts'
import { MergeLoop } from './bpe-merge.ts'
import { PlainMergeLoop } from './bpe-merge-plain.ts'
import { byteCharacters } from './byte-characters.ts'
import type { Cells } from './cells.ts'
import type { WordTable } from './word-table.ts'

export interface BpeOptions extends AlphabetRules {
  /** Special tokens and alphabet included. */
  readonly vocabSize: number
  readonly minFrequency: number
  readonly specialTokens: readonly string[]
  /** Longest token in symbols, roughly (see above); 0 for no limit. */
  readonly maxTokenLength: number
  /** Tokens whose ids are fixed from 0 on, before the special tokens: a tokenizer to extend. */
  readonly baseTokens: readonly string[]
  /** Merges that come first, in this order, whatever their counts. */
  readonly initialMerges: readonly (readonly [left: string, right: string])[]
  /** False keeps a pair apart for good. */
  readonly mergeFilter?: ((left: string, right: string) => boolean) | undefined
}

export const bpeDefaults: BpeOptions = {
  unit: 'byte',
  vocabSize: 32_000,
  minFrequency: 0,
  specialTokens: [],
  initialAlphabet: [],
  limitAlphabet: 0,
  maxTokenLength: 0,
  continuingPrefix: '',
  endOfWordSuffix: '',
  baseTokens: [],
  initialMerges: [],
}

/** All 256 byte characters: the usual initial alphabet of byte-level BPE. */
export const byteAlphabet: readonly string[] = Array.from(byteCharacters, (codePoint) =>
  String.fromCodePoint(codePoint),
)

export interface BpeModel {
  readonly tokens: TokenTexts
  readonly merges: MergePairs
}

export interface TrainingSteps {
  /** Called every few thousand steps: to report, to yield, to throw when aborted. */
  onProgress?(tokens: number, vocabSize: number): void | Promise<void>
}

/**
 * Trains BPE on counted words, which are gone afterwards. Memory: about 8 bytes per symbol of the
 * distinct words.
 */
export async function trainBpe(
  words: WordTable,
  options: Partial<BpeOptions> = {},
  steps: TrainingSteps = {},
): Promise<BpeModel> {
  const rules: BpeOptions = { ...bpeDefaults, ...options }
  const vocabulary = new BpeVocabulary(rules)
  for (const token of rules.baseTokens) vocabulary.add(token)
  for (const token of rules.specialTokens) vocabulary.add(token)
  const mergeRules = {
    minFrequency: rules.minFrequency,
    maxLength: rules.maxTokenLength === 0 ? Infinity : rules.maxTokenLength,
  }
  const report = () => steps.onProgress?.(vocabulary.size, rules.vocabSize)
  const layOut = (): Cells => {
    const corpus = layOutWords(words, rules, vocabulary)
    applyMerges(corpus, vocabulary, rules.initialMerges)
    return corpus
  }
  const cells = layOut()
  // Room for the loop; only if a string can repeat are the words laid out once more.
  if (!vocabulary.canRepeat) words.memory.kernel.forgetWords()
  const loop = new MergeLoop(cells, mergeRules, vocabulary)
  const state = await drive(loop, report).finally(() => loop.close())
  if (state === 'repeated') {
    vocabulary.reset()
    await drive(new PlainMergeLoop(layOut(), mergeRules, vocabulary), report)
  }
  return { tokens: vocabulary.tokens, merges: vocabulary.mergePairs() }
}

async function drive(
  loop: MergeLoop | PlainMergeLoop,
  report: () => void | Promise<void>,
): Promise<'done' | 'repeated'> {
  for (;;) {
    const state = loop.run(2048)
    if (state !== 'working') return state
    await report()
  }
}
