// Finds the pairs of neighbouring tokens whose weighted count reaches a threshold, and where they
// are. With few tokens every pair has a counter of its own. With many, a first look adds each pair
// into one of a few hashed counters, which can only overestimate, and a second look counts exactly
// but only pairs whose counter reaches the threshold: most distinct pairs are rare, so the exact
// table stays small (the idea of Park, Chen and Yu's DHP, 1995, for frequent item sets).
//
// Cost: two passes over compacted cells and one over the places found.
// Memory: 12 bytes per place of a candidate pair while it runs; 4 afterwards.

import { enlarge, give, take, takeZeros } from './blocks'
import { cellAt, length, runCount, runStart, runWeight } from './cells'

/** Up to this many tokens every pair has a counter of its own (2 MB). */
const DENSE_TOKENS: u32 = 512

/** Pairs: left, right, count; 16 bytes. */
let pairs: usize = 0
let pairCapacity: u32 = 0
export let pairCount: u32 = 0
/** Entry + 1 by hash, at most half full. */
let slots: usize = 0
let slotMask: u32 = 0

/** Places of pairs in order of position: position, entry; 8 bytes. */
let places: usize = 0
let placeCapacity: u32 = 0
let placeCount: u32 = 0

/** Places by pair, ascending; place lists follow each other in the order of the pairs. */
export let positions: usize = 0
export let positionCount: u32 = 0
/** How many places each pair has. */
export let lengths: usize = 0

@inline
export function leftOf(pair: u32): u32 {
  return load<u32>(pairs + (<usize>pair << 4))
}

@inline
export function rightOf(pair: u32): u32 {
  return load<u32>(pairs + (<usize>pair << 4), 4)
}

@inline
export function countOf(pair: u32): f64 {
  return load<f64>(pairs + (<usize>pair << 4), 8)
}

/** Finds the pairs counted at least `threshold` times. Compact the cells first. */
export function findFrequentPairs(tokenCount: u32, threshold: f64): void {
  pairCapacity = 1 << 12
  pairs = take(<u64>pairCapacity << 4)
  pairCount = 0
  placeCapacity = 1 << 14
  places = take(<u64>placeCapacity << 3)
  placeCount = 0
  if (tokenCount <= DENSE_TOKENS) countDensely(tokenCount, threshold)
  else countHashed(threshold)
}

function countDensely(tokenCount: u32, threshold: f64): void {
  const bytes = <usize>tokenCount * tokenCount << 3
  const counts = takeZeros(bytes)
  for (let run: u32 = 0; run < runCount; run++) {
    const weight = runWeight(run)
    const end = runStart(run + 1)
    let left = -1
    for (let p = runStart(run); p < end; p++) {
      const right = cellAt(p)
      if ((left | right) >= 0) {
        const count = counts + (<usize>(<u32>left * tokenCount + <u32>right) << 3)
        store<f64>(count, load<f64>(count) + weight)
      }
      left = right
    }
  }
  // A counter becomes the number of its entry, -1 for none.
  for (let left: u32 = 0; left < tokenCount; left++) {
    for (let right: u32 = 0; right < tokenCount; right++) {
      const at = counts + (<usize>(left * tokenCount + right) << 3)
      const count = load<f64>(at)
      store<i32>(at, count >= threshold ? <i32>insert(left, right, count) : -1)
    }
  }
  let left = -1
  for (let p: u32 = 0; p < length; p++) {
    const right = cellAt(p)
    if ((left | right) >= 0) {
      const entry = load<i32>(counts + (<usize>(<u32>left * tokenCount + <u32>right) << 3))
      if (entry >= 0) addPlace(p - 1, entry)
    }
    left = right
  }
  heap.free(counts)
}

function countHashed(threshold: f64): void {
  const bits = <u32>min<i32>(23, max<i32>(16, 30 - <i32>clz(length - 1)))
  const shift = 32 - bits
  const counters = takeZeros(<u64>4 << bits)
  // Counters stop at their highest value: it is enough to know that the threshold is reached.
  const most: f64 = 0x7fffffff
  for (let run: u32 = 0; run < runCount; run++) {
    const weight = <u32>min(most, ceil(runWeight(run)))
    const end = runStart(run + 1)
    let left = -1
    for (let p = runStart(run); p < end; p++) {
      const right = cellAt(p)
      if ((left | right) >= 0) {
        const counter = counters + (<usize>(hashPair(left, right) >> shift) << 2)
        store<u32>(counter, min<u32>(load<u32>(counter) + weight, 0x7fffffff))
      }
      left = right
    }
  }
  slotMask = (1 << 13) - 1
  slots = takeZeros((<u64>slotMask + 1) << 2)
  const enough = <u32>min(most, ceil(threshold))
  for (let run: u32 = 0; run < runCount; run++) {
    const weight = runWeight(run)
    const end = runStart(run + 1)
    let left = -1
    for (let p = runStart(run); p < end; p++) {
      const right = cellAt(p)
      if ((left | right) >= 0) {
        const hash = hashPair(left, right)
        if (load<u32>(counters + (<usize>(hash >> shift) << 2)) >= enough) {
          addPlace(p - 1, addCount(left, right, hash, weight))
        }
      }
      left = right
    }
  }
  give(counters, <u64>4 << bits)
  give(slots, (<u64>slotMask + 1) << 2)
}

@inline
function hashPair(left: u32, right: u32): u32 {
  const hash = (left ^ (right * 0x9e3779b1)) * 0x85ebca6b
  return hash ^ (hash >> 15)
}

function addPlace(position: u32, entry: u32): void {
  if (placeCount == placeCapacity) {
    const wanted = placeCapacity + (placeCapacity >> 1)
    places = enlarge(places, <u64>placeCapacity << 3, <u64>wanted << 3)
    placeCapacity = wanted
  }
  const place = places + (<usize>(placeCount++) << 3)
  store<u32>(place, position)
  store<u32>(place, entry, 4)
}

function insert(left: u32, right: u32, count: f64): u32 {
  if (pairCount == pairCapacity) {
    pairs = enlarge(pairs, <u64>pairCapacity << 4, <u64>pairCapacity << 5)
    pairCapacity <<= 1
  }
  const pair = pairs + (<usize>pairCount << 4)
  store<u32>(pair, left)
  store<u32>(pair, right, 4)
  store<f64>(pair, count, 8)
  return pairCount++
}

/** Adds to the count of a pair; answers its entry. */
function addCount(left: u32, right: u32, hash: u32, weight: f64): u32 {
  let slot = hash & slotMask
  while (true) {
    const entry = load<u32>(slots + (<usize>slot << 2))
    if (entry == 0) break
    const pair = pairs + (<usize>(entry - 1) << 4)
    if (load<u32>(pair) == left && load<u32>(pair, 4) == right) {
      store<f64>(pair, load<f64>(pair, 8) + weight, 8)
      return entry - 1
    }
    slot = (slot + 1) & slotMask
  }
  store<u32>(slots + (<usize>slot << 2), pairCount + 1)
  const entry = insert(left, right, weight)
  if (pairCount * 2 > slotMask) rehash()
  return entry
}

function rehash(): void {
  give(slots, (<u64>slotMask + 1) << 2)
  slotMask = slotMask * 2 + 1
  slots = takeZeros((<u64>slotMask + 1) << 2)
  for (let entry: u32 = 0; entry < pairCount; entry++) {
    let slot = hashPair(leftOf(entry), rightOf(entry)) & slotMask
    while (load<u32>(slots + (<usize>slot << 2)) != 0) slot = (slot + 1) & slotMask
    store<u32>(slots + (<usize>slot << 2), entry + 1)
  }
}

/** Numbers entry + 1 of the pairs that stay, 0 of the others. */
let numbers: usize = 0
let kept: u32 = 0

/** Begins the choice of the pairs that stay. */
export function openChoice(): void {
  numbers = takeZeros(<u64>pairCount << 2)
  kept = 0
}

/** Lets a pair stay; moves it to the front. Call it in the order of the pairs. */
export function keepPair(pair: u32): void {
  store<u32>(numbers + (<usize>pair << 2), kept + 1)
  memory.copy(pairs + (<usize>kept << 4), pairs + (<usize>pair << 4), 16)
  kept++
}

/** Sorts the places of the pairs that stay by pair: a counting sort. */
export function closeChoice(): void {
  pairCount = kept
  lengths = takeZeros(<u64>kept << 2)
  for (let i: u32 = 0; i < placeCount; i++) {
    const number = load<u32>(numbers + (<usize>load<u32>(places + (<usize>i << 3), 4) << 2))
    if (number == 0) continue
    const at = lengths + (<usize>(number - 1) << 2)
    store<u32>(at, load<u32>(at) + 1)
  }
  const cursors = take(<u64>kept << 2)
  positionCount = 0
  for (let pair: u32 = 0; pair < kept; pair++) {
    store<u32>(cursors + (<usize>pair << 2), positionCount)
    positionCount += load<u32>(lengths + (<usize>pair << 2))
  }
  positions = take(<u64>positionCount << 2)
  for (let i: u32 = 0; i < placeCount; i++) {
    const place = places + (<usize>i << 3)
    const number = load<u32>(numbers + (<usize>load<u32>(place, 4) << 2))
    if (number == 0) continue
    const cursor = cursors + (<usize>(number - 1) << 2)
    const to = load<u32>(cursor)
    store<u32>(cursor, to + 1)
    store<u32>(positions + (<usize>to << 2), load<u32>(place))
  }
  heap.free(cursors)
  heap.free(numbers)
  give(places, <u64>placeCapacity << 3)
}

/** Frees all but the positions. */
export function forgetPairs(): void {
  give(pairs, <u64>pairCapacity << 4)
  heap.free(lengths)
}
