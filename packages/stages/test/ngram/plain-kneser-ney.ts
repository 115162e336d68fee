// Modified Kneser-Ney smoothing written down from its definition, with maps and recursion: the twin of
// adjust-counts.ts and estimate.ts. N-grams are words joined by spaces.
import { discountsOf, fallbackDiscounts } from '@shardmill/stages/quality/ngram/discounts'

export interface PlainModel {
  readonly vocabulary: readonly string[]
  probability(context: readonly string[], word: string): number
}

export function plainModel(text: string, order: number, prune: readonly number[]): PlainModel {
  const sentences = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ['<s>', ...line.split(' '), '</s>'])
  const frequency = new Map<string, number>()
  for (const words of sentences) {
    for (let n = 1; n <= order; n++) {
      for (let at = 0; at + n <= words.length; at++) {
        const gram = words.slice(at, at + n).join(' ')
        frequency.set(gram, (frequency.get(gram) ?? 0) + 1)
      }
    }
  }
  const lengthOf = (gram: string): number => gram.split(' ').length
  const adjusted = new Map<string, number>()
  for (const [gram, count] of frequency) {
    if (lengthOf(gram) === order || gram.startsWith('<s>')) adjusted.set(gram, count)
    if (lengthOf(gram) === 1) continue
    const shorter = gram.slice(gram.indexOf(' ') + 1)
    adjusted.set(shorter, (adjusted.get(shorter) ?? 0) + 1)
  }
  adjusted.delete('<s>')
  const discounts = Array.from({ length: order }, (_, i) => {
    const byCount = [0, 0, 0, 0, 0]
    for (const [gram, count] of adjusted) {
      if (lengthOf(gram) === i + 1 && count < 5) byCount[count]!++
    }
    return discountsOf(i + 1, byCount, fallbackDiscounts)
  })
  const vocabulary = ['<unk>', '</s>', ...new Set(sentences.flatMap((words) => words.slice(1, -1)))]
  const isKept = (gram: string): boolean => (frequency.get(gram) ?? 0) > prune[lengthOf(gram) - 1]!
  const followers = new Map<string, string[]>()
  for (const gram of adjusted.keys()) {
    const context = gram.slice(0, Math.max(0, gram.lastIndexOf(' ')))
    followers.set(context, [...(followers.get(context) ?? []), gram])
  }
  const probability = (context: readonly string[], word: string): number => {
    const key = context.join(' ')
    const lower =
      context.length === 0 ? 1 / vocabulary.length : () => probability(context.slice(1), word)
    const lowerValue = typeof lower === 'number' ? lower : lower()
    const grams = followers.get(key)
    if (grams === undefined || (key !== '' && !isKept(key))) return lowerValue
    const discountOf = (gram: string): number =>
      discounts[context.length]![Math.min(adjusted.get(gram)!, 3) - 1]!
    let [sum, free] = [0, 0]
    for (const gram of grams) {
      sum += adjusted.get(gram)!
      free += isKept(gram) ? discountOf(gram) : adjusted.get(gram)!
    }
    const own = key === '' ? word : `${key} ${word}`
    const count = adjusted.get(own)
    const share = count !== undefined && isKept(own) ? count - discountOf(own) : 0
    return share / sum + (free / sum) * lowerValue
  }
  return {
    vocabulary,
    probability: (context, word) => probability(context.slice(-(order - 1) || Infinity), word),
  }
}
