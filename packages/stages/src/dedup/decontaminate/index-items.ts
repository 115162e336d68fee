// Everything a document is held against: the folded tokens of all evaluation items in flat arrays,
// and up to four sets of n-grams: long ones for items of spaced and of unspaced scripts, and the first
// few tokens of items too short to have one, which count only when the whole item matches.
// N-grams that stand in more than `maxItems` different items are templates (`Answer the question …`)
// and are left out. Memory: 6 bytes per character and token of the items together, and the sets.
import type { EvaluationItem } from './evaluation-items.ts'
import { gramHash, GramSet, PrefixFilter } from './gram-set.ts'
import { createTokens, tokenize } from './normal-tokens.ts'

export interface IndexOptions {
  readonly ngramWords: number
  readonly ngramCharacters: number
  /** Least tokens of an item that is matched as a whole; 0 leaves short items out. */
  readonly minWords: number
  readonly minCharacters: number
  readonly maxItems: number
}

export interface ItemIndex {
  readonly items: readonly EvaluationItem[]
  /** Item i has the tokens itemStarts[i] .. itemStarts[i + 1]. */
  readonly itemStarts: Uint32Array
  readonly units: Uint16Array
  /** Folded units of token t: units[unitStarts[t]] .. units[unitStarts[t + 1]]. */
  readonly unitStarts: Uint32Array
  readonly sets: readonly { readonly grams: GramSet; readonly isWhole: boolean }[]
  /** Before all sets; undefined when there are none. */
  readonly filter: PrefixFilter | undefined
}

export function indexItems(items: readonly EvaluationItem[], options: IndexOptions): ItemIndex {
  const tokens = createTokens()
  const kept: EvaluationItem[] = []
  const parts: { hashes: Uint32Array; units: Uint16Array; unitStarts: Uint32Array }[] = []
  const lengths: { length: number; isWhole: boolean }[] = []
  for (const item of items) {
    tokenize(item.text, tokens)
    const isUnspaced = tokens.unspaced * 2 >= tokens.count
    const long = isUnspaced ? options.ngramCharacters : options.ngramWords
    const short = isUnspaced ? options.minCharacters : options.minWords
    const isWhole = tokens.count < long
    if (tokens.count === 0 || (isWhole && (short === 0 || tokens.count < short))) continue
    kept.push(item)
    lengths.push({ length: isWhole ? short : long, isWhole })
    parts.push({
      hashes: tokens.hashes.slice(0, tokens.count),
      units: tokens.units.slice(0, tokens.unitStarts[tokens.count]),
      unitStarts: tokens.unitStarts.slice(0, tokens.count),
    })
  }
  const flat = flatten(parts)
  const kinds = [
    { length: options.ngramWords, isWhole: false },
    { length: options.ngramCharacters, isWhole: false },
    { length: options.minWords, isWhole: true },
    { length: options.minCharacters, isWhole: true },
  ].filter(
    ({ length, isWhole }, i, all) =>
      length > 0 &&
      i === all.findIndex((each) => each.length === length && each.isWhole === isWhole),
  )
  const sets = kinds.flatMap(({ length, isWhole }) => {
    const members = lengths.flatMap((each, i) =>
      each.length === length && each.isWhole === isWhole ? [i] : [],
    )
    if (members.length === 0) return []
    const entries = entriesOf(members, flat, length, isWhole)
    const distinct = isWhole
      ? entries
      : withoutTemplates(entries, flat.itemStarts, options.maxItems)
    return [{ grams: new GramSet(length, distinct), isWhole }]
  })
  const shortest = Math.min(...sets.map(({ grams }) => grams.length))
  const places = sets.map(({ grams }) => grams.places)
  const filter = sets.length > 0 ? new PrefixFilter(shortest, flat.hashes, places) : undefined
  return { items: kept, ...flat, sets, filter }
}

function flatten(
  parts: readonly { hashes: Uint32Array; units: Uint16Array; unitStarts: Uint32Array }[],
) {
  const tokenCount = parts.reduce((sum, { hashes }) => sum + hashes.length, 0)
  const unitCount = parts.reduce((sum, { units }) => sum + units.length, 0)
  const hashes = new Uint32Array(tokenCount)
  const units = new Uint16Array(unitCount)
  const unitStarts = new Uint32Array(tokenCount + 1)
  const itemStarts = new Uint32Array(parts.length + 1)
  let [token, unit] = [0, 0]
  for (const [i, part] of parts.entries()) {
    itemStarts[i] = token
    hashes.set(part.hashes, token)
    units.set(part.units, unit)
    for (let t = 0; t < part.hashes.length; t++) unitStarts[token + t] = unit + part.unitStarts[t]!
    token += part.hashes.length
    unit += part.units.length
  }
  itemStarts[parts.length] = token
  unitStarts[tokenCount] = unit
  return { hashes, units, unitStarts, itemStarts }
}

/** hash * 2^32 + place for every n-gram of the items, or for the first of each. */
function entriesOf(
  members: readonly number[],
  { hashes, itemStarts }: { hashes: Uint32Array; itemStarts: Uint32Array },
  length: number,
  isWhole: boolean,
): BigUint64Array<ArrayBuffer> {
  const gramsOf = (item: number): number =>
    isWhole ? 1 : itemStarts[item + 1]! - itemStarts[item]! - length + 1
  const count = members.reduce((sum, item) => sum + gramsOf(item), 0)
  const entries = new BigUint64Array(count)
  const words = new Uint32Array(entries.buffer)
  let at = 0
  for (const item of members) {
    for (let g = 0; g < gramsOf(item); g++) {
      const place = itemStarts[item]! + g
      words[at++] = place
      words[at++] = gramHash(hashes, place, length)
    }
  }
  return entries
}

/** Leaves out n-grams that stand in more than `maxItems` items. */
function withoutTemplates(
  entries: BigUint64Array<ArrayBuffer>,
  itemStarts: Uint32Array,
  maxItems: number,
): BigUint64Array<ArrayBuffer> {
  entries.sort()
  const words = new Uint32Array(entries.buffer)
  let kept = 0
  for (let from = 0; from < entries.length;) {
    let [to, items, lastItem] = [from, 0, -1]
    for (; to < entries.length && words[2 * to + 1] === words[2 * from + 1]; to++) {
      const item = itemOfToken(itemStarts, words[2 * to]!)
      if (item !== lastItem) items++
      lastItem = item
    }
    if (items <= maxItems) for (let i = from; i < to; i++) entries[kept++] = entries[i]!
    from = to
  }
  return entries.slice(0, kept)
}

/** The item that token `token` belongs to. */
export function itemOfToken(itemStarts: Uint32Array, token: number): number {
  let [from, to] = [0, itemStarts.length - 1]
  while (to - from > 1) {
    const middle = (from + to) >>> 1
    if (itemStarts[middle]! <= token) from = middle
    else to = middle
  }
  return from
}
