// Perplexity of documents under a model, as KenLM and CCNet define it: every line that is not empty is
// a sentence, scored with <s> before it and </s> behind it; 10 to the power of minus the mean log10
// probability per word, </s> counted, <s> not. Words that the model does not know are <unk>; a second
// figure leaves them out (KenLM: "Perplexity excluding OOVs").
// Cost: docs/log.md; about a million tokens a second.
import { InputError } from '@shardmill/core/errors'
import type { Tokenizer } from '@shardmill/tokenizer/tokenizer'
import { ModelFile } from './model-file.ts'
import { NgramModel } from './model.ts'
import { TextUnits } from './text-units.ts'
import { endId, unknownId } from './vocabulary.ts'

/** Sums over a text; those of its parts may be added. */
export interface TextScore {
  /** Of all tokens, </s> included. */
  logProb: number
  tokens: number
  unknown: number
  /** Of the unknown ones alone. */
  unknownLogProb: number
}

export class DocumentScorer {
  readonly model: NgramModel
  readonly #units: TextUnits
  #ids = new Uint32Array(1024)
  #scores = new Float64Array(1024)

  constructor(model: NgramModel, units: TextUnits) {
    this.model = model
    this.#units = units
  }

  /** Loads a model and the way its text is cut. Throws `InputError`. */
  static async load(path: string): Promise<DocumentScorer> {
    const file = new ModelFile(path)
    try {
      const { unit, rules } = file.header
      const json = file.has('tokenizer') ? file.read('tokenizer', 'u8') : undefined
      if (unit === 'tokenizer' && json === undefined) {
        throw new InputError(`${path}: counts tokens, but has no tokenizer in it`)
      }
      const tokenizer = json && (await loadStoredTokenizer(path, json))
      return new DocumentScorer(new NgramModel(file), new TextUnits(unit, rules, tokenizer))
    } finally {
      file.close()
    }
  }

  score(text: string): TextScore {
    const { units, starts, ends, hashes, count, lineCount, lineEnds } = this.#units.split(text)
    const { vocabulary } = this.model
    if (count >= this.#ids.length) {
      this.#ids = new Uint32Array(2 * count)
      this.#scores = new Float64Array(2 * count)
    }
    const [ids, scores] = [this.#ids, this.#scores]
    const total = { logProb: 0, tokens: count + lineCount, unknown: 0, unknownLogProb: 0 }
    let at = 0
    for (let line = 0; line < lineCount; line++) {
      const from = at
      const end = lineEnds[line]!
      let unknown = 0
      for (; at < end; at++) {
        const id = vocabulary.find(units, starts[at]!, ends[at]!, hashes[at]!)
        // A text cannot say <s> or </s>.
        ids[at] = id > endId ? id : unknownId
        if (id <= endId) unknown++
      }
      total.logProb += this.model.scoreSentence(ids, from, end, scores)
      total.unknown += unknown
      if (unknown === 0) continue
      for (let i = from; i < end; i++) {
        if (ids[i] === unknownId) total.unknownLogProb += scores[i - from]!
      }
    }
    return total
  }

  /** Words of one line with their log10 probabilities, </s> last. */
  explain(line: string): { token: string; logProb: number; isUnknown: boolean }[] {
    const spans = this.#units.split(line)
    const tokens = Array.from({ length: spans.count }, (_, i) =>
      String.fromCharCode(...spans.units.subarray(spans.starts[i], spans.ends[i])),
    )
    this.score(line)
    return [...tokens, '</s>'].map((token, i) => ({
      token,
      logProb: this.#scores[i]!,
      isUnknown: i < tokens.length && this.#ids[i] === unknownId,
    }))
  }
}

/** A tokenizer from the bytes of its JSON; few models need that code. */
export async function loadStoredTokenizer(path: string, json: Uint8Array): Promise<Tokenizer> {
  const { loadTokenizerJson } = await import('@shardmill/tokenizer/load')
  return loadTokenizerJson(path, Buffer.from(json).toString('utf8'))
}

export function emptyScore(): TextScore {
  return { logProb: 0, tokens: 0, unknown: 0, unknownLogProb: 0 }
}

export function addScore(sum: TextScore, part: TextScore): void {
  sum.logProb += part.logProb
  sum.tokens += part.tokens
  sum.unknown += part.unknown
  sum.unknownLogProb += part.unknownLogProb
}

/** Perplexity with unknown words; undefined for a text without any token. */
export function perplexityOf({ logProb, tokens }: TextScore): number | undefined {
  return tokens === 0 ? undefined : 10 ** (-logProb / tokens)
}

/** Perplexity without unknown words. */
export function perplexityWithoutUnknown(score: TextScore): number | undefined {
  const tokens = score.tokens - score.unknown
  return tokens === 0 ? undefined : 10 ** (-(score.logProb - score.unknownLogProb) / tokens)
}
