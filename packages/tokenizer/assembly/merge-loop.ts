// The merge loop of BPE training, exact and in HF's order (see src/bpe-train.ts for the rules).
//
// Textbook loops keep the count of every pair up to date, which costs a hash lookup per neighbour of
// every merge, and the positions of every pair, which costs memory; almost all pairs are too rare to
// be merged ever. Three observations remove both:
//
// 1. As long as no token comes into being twice, the count of a pair never rises once both tokens
//    exist. A stored count is an upper bound, so it is enough to recount a pair, over its own
//    positions, when it reaches the top of the queue. No decrements, no lookups.
// 2. Merging (a, b) into a new token X makes pairs that did not exist before. Their counts are summed
//    in arrays indexed by the neighbour; no lookup either.
// 3. Pairs below a threshold are not stored at all. When the queue has no pair left above it, the
//    cells are compacted, the threshold falls, and the corpus is searched anew:
//    four to six searches in all, each over fewer cells.
//
// Observation 1 would break if one string were spelt by two merges. Plain BPE never does that: where a
// string ends up as one token, no merge ever crossed its borders, so what happened inside depended on
// the string alone and was the same, merge by merge, at all its places. It takes a prefix or suffix
// that also occurs as text, or merges from outside; `run` then stops with `REPEATED`, and bpe-train.ts
// starts again with the plain loop of bpe-merge-plain.ts.
//
// Memory: 4 bytes per symbol, plus 4 per position of a pair above the threshold.

import { enlarge, give, take, takeZeros } from './blocks'
import {
  COVERED, cellAt, closeCells, compact, highestWeight, length, setCell, weightAt,
} from './cells'
import * as found from './frequent-pairs'
import * as queue from './pair-heap'

/** Names the merge; its token, or -1 when that is in use already. */
@external('env', 'join')
declare function join(left: u32, right: u32): i32
/** 0 when the pair must not be merged. Asked only when there is a filter. */
@external('env', 'allows')
declare function allows(left: u32, right: u32): i32

export const WORKING: i32 = 0
export const DONE: i32 = 1
export const REPEATED: i32 = 2

// The threshold falls by COARSE_STEP while pairs are frequent, and by FINE_STEP when it is below
// MANY_PLACES, where every halving doubles the number of pairs. Measured: docs/log.md.
const COARSE_STEP: f64 = 64
const FINE_STEP: f64 = 8
const MANY_PLACES: f64 = 1000

let minFrequency: f64 = 1
let maxLength: f64 = 0
let hasFilter: bool = false
let vocabSize: u32 = 0

/** Tokens in use. */
let tokenCount: u32 = 0
let tokenCapacity: u32 = 0
/** Length of every token in symbols. */
let tokenLengths: usize = 0

/** Lowest count stored in this round; pairs below it are not in the queue. */
let threshold: f64 = 0
let rounds: u32 = 0

/** Entries of the queue: left, right, where its positions start, how many; 16 bytes. */
let entries: usize = 0
let entryCapacity: u32 = 0
let entryCount: u32 = 0
/** The positions of all entries, one list behind the other. */
let positions: usize = 0
let positionCapacity: u32 = 0
let used: u32 = 0

// What stands beside the merged token: per token weight (f64), number of occurrences and, from 1,
// where its next position goes (0 when it has no new entry); 16 bytes. And the tokens seen.
let before: usize = 0
let after: usize = 0
let beforeSeen: usize = 0
let afterSeen: usize = 0
let beforeCount: u32 = 0
let afterCount: u32 = 0

/** Begins a training on the cells. Answers where the lengths of the first `tokens` tokens go. */
export function openLoop(
  tokens: u32,
  mostTokens: u32,
  lowestFrequency: f64,
  mostLength: f64,
  isFiltered: bool,
): usize {
  tokenCount = tokens
  vocabSize = mostTokens
  minFrequency = max(1, lowestFrequency)
  maxLength = mostLength
  hasFilter = isFiltered
  threshold = 0
  rounds = 0
  tokenCapacity = max(tokens, mostTokens) + 1
  tokenLengths = take(<u64>tokenCapacity << 2)
  before = takeZeros(<u64>tokenCapacity << 4)
  after = takeZeros(<u64>tokenCapacity << 4)
  beforeSeen = take(<u64>tokenCapacity << 2)
  afterSeen = take(<u64>tokenCapacity << 2)
  entryCapacity = 1024
  entries = take(<u64>entryCapacity << 4)
  entryCount = 0
  positions = 0
  positionCapacity = used = 0
  queue.openHeap()
  return tokenLengths
}

/** Frees everything, the cells too. */
export function closeLoop(): void {
  give(tokenLengths, <u64>tokenCapacity << 2)
  give(before, <u64>tokenCapacity << 4)
  give(after, <u64>tokenCapacity << 4)
  give(beforeSeen, <u64>tokenCapacity << 2)
  give(afterSeen, <u64>tokenCapacity << 2)
  give(entries, <u64>entryCapacity << 4)
  give(positions, <u64>positionCapacity << 2)
  queue.closeHeap()
  closeCells()
}

/** Does up to `budget` pops of the queue. */
export function run(budget: u32): i32 {
  for (let pops: u32 = 0; pops < budget; pops++) {
    if (tokenCount >= vocabSize) return DONE
    if (queue.size == 0 || queue.topCount() < threshold) {
      if (!search()) return DONE
      continue
    }
    const entry = queue.topEntry()
    const at = entries + (<usize>entry << 4)
    const left = load<u32>(at)
    const right = load<u32>(at, 4)
    const count = recount(at, left, right)
    if (count < queue.topCount()) {
      if (count < threshold) queue.pop()
      else queue.lowerTop(count)
      continue
    }
    queue.pop()
    const token = join(left, right)
    if (token < 0) return REPEATED
    if (<u32>token >= tokenCount) tokenCount = token + 1
    store<u32>(tokenLengths + (<usize>token << 2), lengthOf(left) + lengthOf(right))
    merge(at, left, right, token)
  }
  return WORKING
}

@inline
function lengthOf(token: u32): u32 {
  return load<u32>(tokenLengths + (<usize>token << 2))
}

/** Fills the queue with the pairs above the next threshold; false when there is none left. */
function search(): bool {
  while (true) {
    if (rounds++ == 0) threshold = highestWeight(tokenCount)
    else if (threshold <= minFrequency) return false
    const step = threshold > MANY_PLACES ? COARSE_STEP : FINE_STEP
    threshold = max(minFrequency, floor(threshold / step))
    compact()
    // Their memory serves the search.
    give(positions, <u64>positionCapacity << 2)
    positions = 0
    positionCapacity = used = 0
    found.findFrequentPairs(tokenCount, threshold)
    found.openChoice()
    for (let pair: u32 = 0; pair < found.pairCount; pair++) {
      if (found.countOf(pair) < threshold) continue
      const left = found.leftOf(pair)
      const right = found.rightOf(pair)
      const symbols = lengthOf(left) + lengthOf(right)
      if (symbols != 2 && <f64>symbols >= maxLength) continue
      if (hasFilter && !allows(left, right)) continue
      found.keepPair(pair)
    }
    found.closeChoice()
    queue.clearHeap()
    entryCount = 0
    positions = found.positions
    positionCapacity = used = found.positionCount
    let start: u32 = 0
    for (let pair: u32 = 0; pair < found.pairCount; pair++) {
      const places = load<u32>(found.lengths + (<usize>pair << 2))
      push(found.leftOf(pair), found.rightOf(pair), found.countOf(pair), start, places)
      start += places
    }
    found.forgetPairs()
    if (entryCount > 0) return true
  }
}

function push(left: u32, right: u32, count: f64, start: u32, places: u32): void {
  if (entryCount == entryCapacity) {
    const wanted = entryCapacity + (entryCapacity >> 1)
    entries = enlarge(entries, <u64>entryCapacity << 4, <u64>wanted << 4)
    entryCapacity = wanted
  }
  const at = entries + (<usize>entryCount << 4)
  store<u32>(at, left)
  store<u32>(at, right, 4)
  store<u32>(at, start, 8)
  store<u32>(at, places, 12)
  queue.push(count, (<u64>left << 32) | right, entryCount++)
}

@inline
function positionAt(i: u32): u32 {
  return load<u32>(positions + (<usize>i << 2))
}

@inline
function setPosition(i: u32, p: u32): void {
  store<u32>(positions + (<usize>i << 2), p)
}

/** The next cell that is not covered. */
@inline
function next(p: u32): u32 {
  let q = p + 1
  while (cellAt(q) == COVERED) q++
  return q
}

@inline
function previous(p: u32): u32 {
  let r = p - 1
  while (cellAt(r) == COVERED) r--
  return r
}

/** Sums the weights of the places where the pair still stands, and forgets the other places. */
function recount(entry: usize, left: u32, right: u32): f64 {
  const start = load<u32>(entry, 8)
  const end = start + load<u32>(entry, 12)
  let count: f64 = 0
  let kept = start
  for (let i = start; i < end; i++) {
    const p = positionAt(i)
    if (cellAt(p) != left || cellAt(next(p)) != right) continue
    setPosition(kept++, p)
    count += weightAt(p)
  }
  store<u32>(entry, kept - start, 12)
  return count
}

function merge(entry: usize, left: u32, right: u32, token: u32): void {
  const start = load<u32>(entry, 8)
  const listed = start + load<u32>(entry, 12)
  let end = start
  for (let i = start; i < listed; i++) {
    const p = positionAt(i)
    // Of "aaa", (a, a) has two places and merges once, at the left one.
    if (cellAt(p) != left) continue
    const q = next(p)
    if (cellAt(q) != right) continue
    setCell(p, token)
    setCell(q, COVERED)
    setPosition(end++, p)
  }
  sumNeighbours(start, end, token)
  const anyBefore = open(before, beforeSeen, beforeCount, token, true)
  const anyAfter = open(after, afterSeen, afterCount, token, false)
  if (anyBefore || anyAfter) listNeighbours(start, end, token)
  forget(before, beforeSeen, beforeCount)
  forget(after, afterSeen, afterCount)
}

/** Sums up what stands on both sides of the merged token. */
function sumNeighbours(start: u32, end: u32, token: u32): void {
  beforeCount = 0
  afterCount = 0
  for (let i = start; i < end; i++) {
    const p = positionAt(i)
    const weight = weightAt(p)
    const left = cellAt(previous(p))
    // (X, X) is seen from its left token only.
    if (left >= 0 && left != token) {
      const at = before + (<usize>left << 4)
      if (load<u32>(at, 8) == 0) store<u32>(beforeSeen + (<usize>(beforeCount++) << 2), left)
      store<u32>(at, load<u32>(at, 8) + 1, 8)
      store<f64>(at, load<f64>(at) + weight)
    }
    const right = cellAt(next(p))
    if (right >= 0) {
      const at = after + (<usize>right << 4)
      if (load<u32>(at, 8) == 0) store<u32>(afterSeen + (<usize>(afterCount++) << 2), right)
      store<u32>(at, load<u32>(at, 8) + 1, 8)
      store<f64>(at, load<f64>(at) + weight)
    }
  }
}

/** Makes queue entries for the neighbours that are frequent enough; false when none is. */
function open(neighbours: usize, seen: usize, count: u32, token: u32, isBefore: bool): bool {
  let any = false
  for (let i: u32 = 0; i < count; i++) {
    const other = load<u32>(seen + (<usize>i << 2))
    const at = neighbours + (<usize>other << 4)
    const weight = load<f64>(at)
    if (weight < threshold) continue
    if (<f64>(lengthOf(other) + lengthOf(token)) >= maxLength) continue
    const left = isBefore ? other : token
    const right = isBefore ? token : other
    if (hasFilter && !allows(left, right)) continue
    const places = load<u32>(at, 8)
    const start = allocate(places)
    store<u32>(at, start + 1, 12)
    push(left, right, weight, start, places)
    any = true
  }
  return any
}

/** Writes the places of the pairs just opened behind their queue entries. */
function listNeighbours(start: u32, end: u32, token: u32): void {
  for (let i = start; i < end; i++) {
    const p = positionAt(i)
    const r = previous(p)
    const left = cellAt(r)
    if (left >= 0 && left != token) addPlace(before + (<usize>left << 4), r)
    const right = cellAt(next(p))
    if (right >= 0) addPlace(after + (<usize>right << 4), p)
  }
}

@inline
function addPlace(neighbour: usize, p: u32): void {
  const cursor = load<u32>(neighbour, 12)
  if (cursor == 0) return
  setPosition(cursor - 1, p)
  store<u32>(neighbour, cursor + 1, 12)
}

function forget(neighbours: usize, seen: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = neighbours + (<usize>load<u32>(seen + (<usize>i << 2)) << 4)
    store<u64>(at, 0)
    store<u64>(at, 0, 8)
  }
}

function allocate(places: u32): u32 {
  const start = used
  const wanted = <u64>used + places
  if (wanted > u32.MAX_VALUE) unreachable()
  used = <u32>wanted
  if (wanted > positionCapacity) {
    const larger = max(wanted, max(<u64>positionCapacity + (positionCapacity >> 2), 1 << 16))
    positions = enlarge(positions, <u64>positionCapacity << 2, larger << 2)
    positionCapacity = <u32>larger
  }
  return start
}
