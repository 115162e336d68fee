// Parses ARPA text into arrays of word ids, probabilities and backoffs. Columns are divided by tabs or
// spaces; what stands before \data\ is passed over. A fault names file and line.
// Memory: 4 (n + 2) bytes per n-gram of order n, known from the header before any is read.
import { InputError } from '@shardmill/core/errors'
import { openDecoded } from '../../read/decoded-source.ts'
import { FileBytes } from '../../read/file-bytes.ts'
import { readLineBlocks } from '../../read/line-blocks.ts'
import { endId, startId, unknownId, Vocabulary } from './vocabulary.ts'

/** The n-grams of one order: n ids each. */
export interface ArpaNgrams {
  readonly order: number
  readonly count: number
  readonly ids: Uint32Array
  readonly probs: Float32Array
  readonly backoffs: Float32Array
}

/** KenLM's value for an <unk> that the file lacks. */
const absentUnknownLogProb = -100

/** Reads a whole file, plain or compressed. Throws `InputError`. */
export async function readArpa(
  path: string,
): Promise<{ vocabulary: Vocabulary; orders: ArpaNgrams[] }> {
  const file = new FileBytes(path)
  try {
    const parser = new ArpaParser(path)
    for await (const { bytes } of readLineBlocks(await openDecoded(file), 0, 1 << 24)) {
      if (bytes === undefined) throw new InputError(`${path}: a line above 16 MB`)
      for (const line of bytes.toString('utf8').split('\n')) parser.line(line.trim())
      // Blocks end with a line end, which is no line of its own.
      parser.lineNumber--
    }
    return parser.finish()
  } finally {
    file.close()
  }
}

class ArpaParser {
  lineNumber = 0
  readonly #path: string
  readonly #vocabulary = new Vocabulary()
  readonly #counts: number[] = []
  readonly #orders: ArpaNgrams[] = []
  #state: 'before' | 'counts' | 'ngrams' | 'end' = 'before'
  #read = 0

  constructor(path: string) {
    this.#path = path
  }

  line(line: string): void {
    this.lineNumber++
    if (line === '') return
    if (this.#state === 'before') {
      if (line === '\\data\\') this.#state = 'counts'
      return
    }
    if (line.startsWith('\\')) this.#section(line)
    else if (this.#state === 'counts') this.#count(line)
    else if (this.#state === 'ngrams') this.#ngram(line)
  }

  finish(): { vocabulary: Vocabulary; orders: ArpaNgrams[] } {
    if (this.#state !== 'end') throw this.#fault('ends without \\end\\: is it cut off?')
    const [unigrams] = this.#orders
    const seen = new Set(unigrams?.ids)
    for (const [id, name] of [
      [startId, '<s>'],
      [endId, '</s>'],
    ] as const) {
      if (!seen.has(id)) throw this.#fault(`has no unigram ${name}`)
    }
    if (!seen.has(unknownId)) this.#addUnknown()
    if (this.#orders[0]!.count !== this.#vocabulary.count) throw this.#fault('has a unigram twice')
    return { vocabulary: this.#vocabulary, orders: this.#orders }
  }

  #section(line: string): void {
    const last = this.#orders.at(-1)
    if (last !== undefined && this.#read !== last.count) {
      throw this.#fault(`\\data\\ announces ${last.count} ${last.order}-grams, got ${this.#read}`)
    }
    this.#read = 0
    if (line === '\\end\\') {
      if (this.#orders.length < this.#counts.length) throw this.#fault('an order is missing')
      this.#state = 'end'
      return
    }
    const order = this.#orders.length + 1
    const count = this.#counts[order - 1]
    if (line !== `\\${order}-grams:` || count === undefined) {
      throw this.#fault(`expected \\${order}-grams: or \\end\\, got ${line.slice(0, 40)}`)
    }
    this.#state = 'ngrams'
    const [ids, probs] = [new Uint32Array(order * count), new Float32Array(count)]
    this.#orders.push({ order, count, ids, probs, backoffs: new Float32Array(count) })
  }

  #count(line: string): void {
    const found = /^ngram\s+(\d+)\s*=\s*(\d+)$/.exec(line)
    if (found === null || Number(found[1]) !== this.#counts.length + 1) {
      throw this.#fault(`expected ngram ${this.#counts.length + 1}=COUNT, got ${line.slice(0, 40)}`)
    }
    this.#counts.push(Number(found[2]))
  }

  #ngram(line: string): void {
    const { order, count, ids, probs, backoffs } = this.#orders.at(-1)!
    const columns = line.split(/[\t ]+/)
    const prob = Number(columns[0])
    const backoff = columns.length > order + 1 ? Number(columns[order + 1]) : 0
    const isWrong = columns.length < order + 1 || columns.length > order + 2
    if (isWrong || !(prob <= 0) || !Number.isFinite(backoff)) {
      throw this.#fault(
        `expected log probability, ${order} words, backoff, got ${line.slice(0, 60)}`,
      )
    }
    const at = this.#read++
    if (at >= count)
      throw this.#fault(`more than the ${count} ${order}-grams that \\data\\ announces`)
    for (let i = 0; i < order; i++) {
      const word = columns[i + 1]!
      let id = this.#vocabulary.findWord(word === '<UNK>' ? '<unk>' : word)
      if (order === 1 && id === unknownId && !/^<unk>$/i.test(word)) {
        id = this.#vocabulary.addWord(word)
      } else if (id === unknownId && !/^<unk>$/i.test(word)) {
        throw this.#fault(`\`${word}\` is no unigram`)
      }
      ids[at * order + i] = id
    }
    probs[at] = prob
    backoffs[at] = backoff
  }

  #addUnknown(): void {
    const { count, ids, probs, backoffs } = this.#orders[0]!
    const larger: ArpaNgrams = {
      order: 1,
      count: count + 1,
      ids: new Uint32Array(count + 1).fill(unknownId),
      probs: new Float32Array(count + 1).fill(absentUnknownLogProb),
      backoffs: new Float32Array(count + 1),
    }
    larger.ids.set(ids)
    larger.probs.set(probs)
    larger.backoffs.set(backoffs)
    this.#orders[0] = larger
  }

  #fault(what: string): InputError {
    return new InputError(`${this.#path}:${this.lineNumber}: not a usable ARPA file: ${what}`)
  }
}
