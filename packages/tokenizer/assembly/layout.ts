// From counted words to the cells that are merged: words become rows of symbols, sorted by falling
// count; of equal counts the word that was seen first comes first. Words of one symbol take no part.
// Cost: at most four passes of a radix sort over the counts, one over the words' bytes.

import { give, take } from './blocks'
import { cellBuffer, openCells, runBuffer, setCell, shrinkCells, starts, weights } from './cells'
import { codePointAt, utf8Width } from './scanner'
import { arena, counts, offsets, size } from './word-table'

let symbols: usize = 0
let symbolCount: u32 = 0

/** Room for the symbol of every byte or code point, -1 for none; times four places with affixes. */
export function symbolBuffer(count: u32): usize {
  give(symbols, <u64>symbolCount << 2)
  symbolCount = count
  symbols = take(<u64>count << 2)
  return symbols
}

/** Lays out the words with the symbols of `symbolBuffer`; answers how many cells that took. */
export function layOut(isByte: bool, hasPlaces: bool): u32 {
  const order = sortWords()
  openRuns(order)
  const separators = <u64>size + 1
  const most = <u64>load<u32>(offsets + (<usize>size << 2)) + separators
  if (most > u32.MAX_VALUE) unreachable()
  cellBuffer(<u32>most)
  let filled: u32 = 0
  setCell(filled++, -1)
  let run: u32 = 0
  let weight: f64 = 0
  for (let i: u32 = 0; i < size; i++) {
    const word = load<u32>(order + (<usize>i << 2))
    const count = load<f64>(counts + (<usize>word << 3))
    if (count != weight) {
      weight = count
      // The separator in front of a run belongs to the run before; nobody asks for its weight.
      if (i > 0) store<u32>(starts + (<usize>(++run) << 2), filled)
    }
    const end = spell(word, filled, isByte, hasPlaces)
    if (end - filled < 2) continue
    setCell(end, -1)
    filled = end + 1
  }
  give(order, <u64>size << 2)
  give(symbols, <u64>symbolCount << 2)
  symbols = 0
  shrinkCells(filled)
  openCells(filled)
  return filled
}

/** Writes the symbols of a word from cell `to` on; answers where they end. */
function spell(word: u32, to: u32, isByte: bool, hasPlaces: bool): u32 {
  const from = arena + load<u32>(offsets + (<usize>word << 2))
  const end = arena + load<u32>(offsets + (<usize>(word + 1) << 2))
  let filled = to
  let at = from
  while (at < end) {
    let index = isByte ? <u32>load<u8>(at) : codePointAt(at)
    const next = at + (isByte ? 1 : utf8Width(index))
    if (hasPlaces) index = index * 4 + (at == from ? 0 : 1) + (next >= end ? 2 : 0)
    const symbol = index < symbolCount ? load<i32>(symbols + (<usize>index << 2)) : -1
    // HF drops a character outside the alphabet; its neighbours then touch.
    if (symbol >= 0) setCell(filled++, symbol)
    at = next
  }
  return filled
}

/** Word numbers by falling count: positive doubles are ordered as their bits are. */
function sortWords(): usize {
  let order = take(<u64>size << 2)
  let sorted = take(<u64>size << 2)
  const buckets = take(0x10000 << 2)
  for (let i: u32 = 0; i < size; i++) store<u32>(order + (<usize>i << 2), i)
  for (let shift: u64 = 0; shift < 64 && size > 0; shift += 16) {
    memory.fill(buckets, 0, 0x10000 << 2)
    for (let i: u32 = 0; i < size; i++) {
      const bucket = buckets + (digit(i, shift) << 2)
      store<u32>(bucket, load<u32>(bucket) + 1)
    }
    // Small counts have many zero bits at the end.
    if (load<u32>(buckets + (digit(0, shift) << 2)) == size) continue
    let total: u32 = 0
    for (let bucket = buckets; bucket < buckets + (0x10000 << 2); bucket += 4) {
      const start = total
      total += load<u32>(bucket)
      store<u32>(bucket, start)
    }
    for (let i: u32 = 0; i < size; i++) {
      const word = load<u32>(order + (<usize>i << 2))
      const bucket = buckets + (digit(word, shift) << 2)
      const to = load<u32>(bucket)
      store<u32>(bucket, to + 1)
      store<u32>(sorted + (<usize>to << 2), word)
    }
    const free = order
    order = sorted
    sorted = free
  }
  heap.free(buckets)
  give(sorted, <u64>size << 2)
  return order
}

/** Sixteen bits of a word's count; the complement, so that high counts come first. */
@inline
function digit(word: u32, shift: u64): usize {
  return <usize>((~load<u64>(counts + (<usize>word << 3)) >> shift) & 0xffff)
}

/** Notes every distinct count; an empty corpus is one run. */
function openRuns(order: usize): void {
  let distinct: u32 = 0
  let last: f64 = 0
  for (let i: u32 = 0; i < size; i++) {
    const count = countOf(order, i)
    if (count != last) distinct++
    last = count
  }
  runBuffer(max(1, distinct))
  store<f64>(weights, 1)
  store<u32>(starts, 0)
  let run: u32 = 0
  last = 0
  for (let i: u32 = 0; i < size; i++) {
    const count = countOf(order, i)
    if (count != last) store<f64>(weights + (<usize>(run++) << 3), count)
    last = count
  }
}

@inline
function countOf(order: usize, i: u32): f64 {
  return load<f64>(counts + (<usize>load<u32>(order + (<usize>i << 2)) << 3))
}
