// What benchmarks of minhash-dedup need to know the truth: the word 5-shingles of texts as plain sets,
// all pairs above a Jaccard similarity by an exact join, and what a finished run decided.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Document } from '../../packages/core/dist/document.js'
import { wordKind } from '../../packages/core/dist/words.js'

/** Distinct word 5-shingles of each text as ascending numbers, the same number for the same words. */
export function shingleSets(texts) {
  const numbers = new Map()
  return texts.map((text) => shinglesOf(text, numbers))
}

export function shinglesOf(text, numbers) {
  const words = wordsOf(text)
  const shingles = new Set()
  for (let i = 0; i + 5 <= words.length; i++) {
    const shingle = words.slice(i, i + 5).join('\n')
    if (!numbers.has(shingle)) numbers.set(shingle, numbers.size)
    shingles.add(numbers.get(shingle))
  }
  return Uint32Array.from(shingles).toSorted()
}

/** The words of a text as minhash-dedup compares them: folded, without punctuation. */
export function wordsOf(text) {
  const { words } = new Document({ id: '', text })
  const list = []
  for (let i = 0; i < words.count; i++) {
    if (words.kinds[i] === wordKind.symbol) continue
    list.push(text.slice(words.starts[i], words.ends[i]).normalize('NFKC').toLowerCase())
  }
  return list
}

export function jaccard(a, b) {
  let shared = 0
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) shared++
    const [x, y] = [a[i], b[j]]
    if (x <= y) i++
    if (y <= x) j++
  }
  return a.length + b.length === 0 ? 0 : shared / (a.length + b.length - shared)
}

/**
 * All pairs [a, b, similarity] of similarity `least` or more. Exact: two such sets share one of the
 * first n - ceil(least n) + 1 shingles when all are ordered by rarity (prefix filter, Bayardo 2007).
 */
export function exactPairs(sets, least) {
  const frequency = new Map()
  for (const set of sets) for (const id of set) frequency.set(id, (frequency.get(id) ?? 0) + 1)
  const seen = new Map()
  const pairs = []
  for (const [b, set] of sets.entries()) {
    const byRarity = [...set].toSorted((x, y) => frequency.get(x) - frequency.get(y) || x - y)
    const prefix = byRarity.slice(0, set.length - Math.ceil(least * set.length) + 1)
    const candidates = new Set()
    for (const id of prefix) {
      for (const a of seen.get(id) ?? []) candidates.add(a)
      if (!seen.has(id)) seen.set(id, [])
      seen.get(id).push(b)
    }
    for (const a of candidates) {
      const [small, large] = [sets[a].length, set.length].toSorted((x, y) => x - y)
      if (small < least * large) continue
      const similarity = jaccard(sets[a], set)
      if (similarity >= least) pairs.push([a, b, similarity])
    }
  }
  return pairs
}

/**
 * What the only corpus stage of a run said of every document: undefined for a kept one, the ordinal of
 * its keeper for a dropped one. Ordinals are input order, as long as no earlier stage drops anything.
 */
export function readKeepers(run) {
  const state = join(run, '.state')
  const phase = readdirSync(state).find((name) => name.startsWith('resolve-'))
  const folder = join(state, phase, '000000')
  const { files } = JSON.parse(readFileSync(join(folder, 'part-0000.json'), 'utf8'))
  const bytes = readFileSync(join(folder, files.find(({ role }) => role === 'verdicts').name))
  return Array.from({ length: bytes.length / 4 }, (_, ordinal) => {
    const word = bytes.readUInt32LE(ordinal * 4)
    return word >= 0x8000_0000 ? word - 0x8000_0000 : undefined
  })
}

/** Members of each cluster, the keeper first. */
export function clustersOf(keepers) {
  const clusters = new Map()
  for (const [ordinal, keeper] of keepers.entries()) {
    if (keeper === undefined) continue
    if (!clusters.has(keeper)) clusters.set(keeper, [keeper])
    clusters.get(keeper).push(ordinal)
  }
  return [...clusters.values()]
}

/** The least similarity of two members of one cluster, over all clusters. */
export function leastSimilarity(clusters, sets) {
  let least = 1
  for (const cluster of clusters) {
    for (const [i, a] of cluster.entries()) {
      for (const b of cluster.slice(i + 1)) least = Math.min(least, jaccard(sets[a], sets[b]))
    }
  }
  return least
}
