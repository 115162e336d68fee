// Finds evaluation items in a document: every window of tokens whose hash is listed is compared token
// by token, so no collision ever counts; what matches is followed as far as it goes. Each passage of
// the document is reported once, with the first item that has it and the number of others.
import { gramHash } from './gram-set.ts'
import { itemOfToken, type ItemIndex } from './index-items.ts'
import { createTokens, tokenize, type NormalTokens } from './normal-tokens.ts'

export interface Hit {
  /** Index into the items. */
  readonly item: number
  /** More items that have the n-gram at which the hit begins. */
  readonly otherItems: number
  /** Tokens in common. */
  readonly tokens: number
  /** Where in the text. */
  readonly from: number
  readonly to: number
}

/** A function that answers the hits of a text, in order. */
export function createHitFinder(index: ItemIndex): (text: string) => {
  readonly hits: readonly Hit[]
  readonly tokens: NormalTokens
} {
  const { itemStarts, units, unitStarts, sets, filter } = index
  const tokens = createTokens()
  /** Per set, the next token to look at: windows inside what has matched say nothing new. */
  const next = new Uint32Array(sets.length)
  let hits: Hit[] = []

  /** Whether token `token` of the document is token `place` of the items. */
  function isEqual(token: number, place: number): boolean {
    const from = tokens.unitStarts[token]!
    const length = tokens.unitStarts[token + 1]! - from
    const other = unitStarts[place]!
    if (unitStarts[place + 1]! - other !== length) return false
    for (let i = 0; i < length; i++) if (tokens.units[from + i] !== units[other + i]) return false
    return true
  }

  /** Tokens in common from here on, within the item and the document. */
  function common(token: number, place: number, item: number): number {
    const most = Math.min(tokens.count - token, itemStarts[item + 1]! - place)
    let length = 0
    while (length < most && isEqual(token + length, place + length)) length++
    return length
  }

  /** Looks up the windows of all sets that begin at `token`. */
  function look(token: number): void {
    for (const [i, { grams, isWhole }] of sets.entries()) {
      if (token < next[i]! || token + grams.length > tokens.count) continue
      const first = grams.first(gramHash(tokens.hashes, token, grams.length))
      if (first < 0) continue
      const last = grams.last(first)
      let [best, bestLength, matching] = [-1, 0, 0]
      let lastItem = -1
      for (let entry = first; entry < last; entry++) {
        const place = grams.places[entry]!
        const item = itemOfToken(itemStarts, place)
        const length = common(token, place, item)
        const needed = isWhole ? itemStarts[item + 1]! - place : grams.length
        if (length < needed) continue
        if (item !== lastItem) matching++
        lastItem = item
        if (length <= bestLength) continue
        best = item
        bestLength = length
      }
      if (best < 0) continue
      const end = token + bestLength
      hits.push({
        item: best,
        otherItems: matching - 1,
        tokens: bestLength,
        from: tokens.starts[token]!,
        to: tokens.ends[end - 1]!,
      })
      next[i] = isWhole ? end : end - grams.length + 1
    }
  }

  return (text) => {
    hits = []
    if (filter === undefined) return { hits, tokens }
    tokenize(text, tokens)
    next.fill(0)
    filter.scan(tokens.hashes, tokens.count, look)
    hits.sort((a, b) => a.from - b.from || b.to - a.to || a.item - b.item)
    return { hits, tokens }
  }
}
