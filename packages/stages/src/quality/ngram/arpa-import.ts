// Makes a model file from ARPA text (lmplz, SRILM). The ARPA file must hold, with every n-gram, its
// context and the n-gram without its first word, as all that lmplz writes does; other files are refused
// with the n-gram that lacks something. An absent <unk> gets 10^-100, as in KenLM.
// Memory: 4 (n + 4) bytes per n-gram of order n, all orders. Time: that of parsing and one sort.
import { InputError } from '@shardmill/core/errors'
import { readArpa, type ArpaNgrams } from './arpa-read.ts'
import { createModelArrays, type ModelArrays } from './model-arrays.ts'
import type { ModelFacts } from './model-header.ts'
import { ModelWriter } from './model-writer.ts'
import { sortNgrams } from './sort-ngrams.ts'
import { endId, type Vocabulary } from './vocabulary.ts'
import { writeVocabulary } from './vocabulary-section.ts'

/** Reads the ARPA file at `path` and writes a model that cuts texts as `facts` say. */
export async function importArpa(
  path: string,
  output: string,
  facts: Pick<ModelFacts, 'unit' | 'rules' | 'segmenter'>,
): Promise<void> {
  const { vocabulary, orders } = await readArpa(path)
  const order = orders.length
  const sorted = orders.map((ngrams) => sortByContext(ngrams, vocabulary.count))
  const contexts = sorted.map((ngrams) => contextsOf(ngrams, vocabulary.count))
  const counts = [1, ...contexts.slice(0, -1).map((each) => each.length)]
  const writer = new ModelWriter(output)
  try {
    writeVocabulary(writer, vocabulary)
    const arrays = createModelArrays(
      writer,
      orders.map(({ count }) => count),
      counts,
    )
    arrays.root()
    const unigrams = sorted[0]!
    const next = numberContexts(unigrams, arrays.contextBase[1], vocabulary.count)
    for (let i = 0; i < unigrams.count; i++) {
      arrays.ngram(1, unigrams.ids[i]!, unigrams.probs[i]!, next[i]!)
    }
    let shorter: Level = {
      ngrams: unigrams,
      next,
      contexts: [],
      starts: Uint32Array.of(0, unigrams.count),
    }
    for (let n = 2; n <= order; n++) {
      const names = { path, vocabulary }
      shorter = writeOrder(n, sorted, contexts[n - 2]!, shorter, arrays, names)
    }
    arrays.finish()
    writer.commit({
      ...facts,
      order,
      ngrams: orders.map(({ count }) => count),
      contexts: counts,
      bits: 0,
    })
  } finally {
    writer.close()
  }
}

/** The n-grams of one order with what the next order looks up. */
interface Level {
  readonly ngrams: ArpaNgrams
  /** The context behind each n-gram. */
  readonly next: Uint32Array
  /** N-grams (of the order below) that are the contexts, in order; none for single words. */
  readonly contexts: ArrayLike<number>
  /** Where the n-grams of each context begin, and the end. */
  readonly starts: Uint32Array
}

interface Names {
  readonly path: string
  readonly vocabulary: Vocabulary
}

/** Writes the contexts of n - 1 words, each with its n-grams. */
function writeOrder(
  n: number,
  sorted: readonly ArpaNgrams[],
  contexts: Uint32Array,
  shorter: Level,
  arrays: ModelArrays,
  names: Names,
): Level {
  const length = n - 1
  const ngrams = sorted[n - 1]!
  const owners = sorted[n - 2]!
  const starts = new Uint32Array(contexts.length + 1)
  const isLast = n === sorted.length
  const next = isLast
    ? new Uint32Array(ngrams.count)
    : numberContexts(ngrams, arrays.contextBase[n], names.vocabulary.count)
  let at = 0
  let parent = 0
  for (let i = 0; i < contexts.length; i++) {
    const owner = contexts[i]! * length
    // The context without its first word, one level up; both lists are in the same order.
    if (length > 1) {
      for (; parent < shorter.contexts.length; parent++) {
        const other = shorter.contexts[parent]! * (length - 1)
        if (isEqual(owners.ids, owner + 1, sorted[n - 3]!.ids, other, length - 1)) break
      }
      if (parent === shorter.contexts.length) {
        throw lacks(names, owners, contexts[i]!, 'the words without the first one')
      }
    }
    const parentNumber = length === 1 ? 0 : arrays.contextBase[length - 1]! + parent
    starts[i] = at
    arrays.context(length, parentNumber, owners.ids[owner]!, owners.backoffs[contexts[i]!]!)
    for (; at < ngrams.count && isEqual(ngrams.ids, at * n, owners.ids, owner, length); at++) {
      const word = ngrams.ids[at * n + n - 1]!
      const found = findWord(shorter, n - 1, parent, word)
      if (found < 0) throw lacks(names, ngrams, at, 'the words without the first one')
      if (isLast || word === endId) next[at] = shorter.next[found]!
      arrays.ngram(n, word, ngrams.probs[at]!, next[at]!)
    }
  }
  starts[contexts.length] = at
  if (at < ngrams.count) throw lacks(names, ngrams, at, 'the words without the last one')
  return { ngrams, next, contexts, starts }
}

/** The n-gram of `level` (order n) after its context number `context` that ends in `word`, or -1. */
function findWord(level: Level, n: number, context: number, word: number): number {
  const { ngrams, starts } = level
  let low = n === 1 ? 0 : starts[context]!
  const end = n === 1 ? ngrams.count : starts[context + 1]!
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ngrams.ids[middle * n + n - 1]! < word) low = middle + 1
    else high = middle
  }
  return low < end && ngrams.ids[low * n + n - 1] === word ? low : -1
}

/** N-grams in the order of sort-ngrams.ts. */
function sortByContext(ngrams: ArpaNgrams, vocabularySize: number): ArpaNgrams {
  const { order, count, ids, probs, backoffs } = ngrams
  const positions = Uint32Array.from({ length: count }, (_, i) => i * order + order - 1)
  sortNgrams(ids, order, vocabularySize, positions, count, new Uint32Array(count))
  const sorted: ArpaNgrams = {
    order,
    count,
    ids: new Uint32Array(ids.length),
    probs: new Float32Array(count),
    backoffs: new Float32Array(count),
  }
  for (let i = 0; i < count; i++) {
    const from = positions[i]! - order + 1
    for (let j = 0; j < order; j++) sorted.ids[i * order + j] = ids[from + j]!
    sorted.probs[i] = probs[from / order]!
    sorted.backoffs[i] = backoffs[from / order]!
  }
  return sorted
}

/** Which n-grams are contexts (all but those that end in </s>), by their words from the last one. */
function contextsOf({ order, count, ids }: ArpaNgrams, vocabularySize: number): Uint32Array {
  const offsets = new Uint32Array(vocabularySize + 1)
  const last = (i: number): number => ids[i * order + order - 1]!
  for (let i = 0; i < count; i++) if (last(i) !== endId) offsets[last(i) + 1]!++
  for (let word = 0; word < vocabularySize; word++) offsets[word + 1]! += offsets[word]!
  const contexts = new Uint32Array(offsets[vocabularySize]!)
  for (let i = 0; i < count; i++) if (last(i) !== endId) contexts[offsets[last(i)]!++] = i
  return contexts
}

/** The number of each n-gram as a context; 0 for those that are none. */
function numberContexts(
  ngrams: ArpaNgrams,
  base: number | undefined,
  vocabularySize: number,
): Uint32Array {
  const numbers = new Uint32Array(ngrams.count)
  if (base === undefined) return numbers
  const contexts = contextsOf(ngrams, vocabularySize)
  for (let i = 0; i < contexts.length; i++) numbers[contexts[i]!] = base + i
  return numbers
}

function isEqual(
  a: Uint32Array,
  at: number,
  b: Uint32Array,
  other: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) if (a[at + i] !== b[other + i]) return false
  return true
}

function lacks(
  { path, vocabulary }: Names,
  ngrams: ArpaNgrams,
  at: number,
  what: string,
): InputError {
  const ids = ngrams.ids.subarray(at * ngrams.order, (at + 1) * ngrams.order)
  const text = Array.from(ids, (id) => vocabulary.word(id)).join(' ')
  return new InputError(`${path}: has \`${text}\`, but not ${what} as an n-gram`, {
    hint: 'models pruned by SRILM may lack such n-grams; lmplz writes them all',
  })
}
