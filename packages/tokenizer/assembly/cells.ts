// The corpus as BPE training sees it: every distinct word once, as a row of cells. A cell holds the
// token that begins there, or says that a token further left covers it. Words are separated by one
// cell and sorted by falling weight, so that the weight of a position needs no array of its own: it
// is looked up per block of 64 cells, and only blocks where it changes need a search.
//
// Memory: 4 bytes per symbol. `compact` squeezes covered cells out; no list of neighbours is kept,
// the next token is simply the next cell that is not covered (tokens are short, so it is near).

import { MOST, give, take } from './blocks'

/** Covered by the token that begins further left; -1 is a separator. As in src/cells.ts. */
export const COVERED: i32 = -2

export let cells: usize = 0
let capacity: u32 = 0
/** Used cells; the first and the last are separators. */
export let length: u32 = 0
export let runCount: u32 = 0
/** Run r of equal weight begins at `starts[r]`; `starts[runCount]` is `length`. */
export let starts: usize = 0
export let weights: usize = 0
let blocks: usize = 0

/** Room for `count` cells, which stays where it is. */
export function cellBuffer(count: u32): usize {
  give(cells, <u64>capacity << 2)
  capacity = count
  cells = take(<u64>count << 2)
  return cells
}

/** Room for the starts of `count` runs and one more; `weightsAddress` for as many weights. */
export function runBuffer(count: u32): usize {
  give(starts, (<u64>runCount + 1) << 2)
  give(weights, <u64>runCount << 3)
  runCount = count
  starts = take((<u64>count + 1) << 2)
  weights = take(<u64>count << 3)
  return starts
}

export function cellsAddress(): usize {
  return cells
}

export function startsAddress(): usize {
  return starts
}

export function weightsAddress(): usize {
  return weights
}

export function runCountOf(): u32 {
  return runCount
}

/** Gives back what lies behind the first `count` cells. */
export function shrinkCells(count: u32): void {
  if (<u64>capacity << 2 > MOST || count == capacity) return
  cells = heap.realloc(cells, <usize>count << 2)
  capacity = count
}

/** Takes the first `count` cells for the corpus. */
export function openCells(count: u32): void {
  length = count
  if (blocks != 0) heap.free(blocks)
  const blockCount = <usize>(count >> 6) + 1
  blocks = take(<u64>blockCount << 3)
  store<u32>(starts + (<usize>runCount << 2), count)
  fillBlocks()
}

/** Frees everything. */
export function closeCells(): void {
  give(cells, <u64>capacity << 2)
  give(starts, (<u64>runCount + 1) << 2)
  give(weights, <u64>runCount << 3)
  if (blocks != 0) heap.free(blocks)
  cells = starts = weights = blocks = 0
  capacity = runCount = length = 0
}

@inline
export function cellAt(p: u32): i32 {
  return load<i32>(cells + (<usize>p << 2))
}

@inline
export function setCell(p: u32, token: i32): void {
  store<i32>(cells + (<usize>p << 2), token)
}

@inline
export function runStart(run: u32): u32 {
  return load<u32>(starts + (<usize>run << 2))
}

@inline
export function runWeight(run: u32): f64 {
  return load<f64>(weights + (<usize>run << 3))
}

/** How often the word at this position was counted. */
@inline
export function weightAt(p: u32): f64 {
  const weight = load<f64>(blocks + (<usize>(p >> 6) << 3))
  return weight >= 0 ? weight : searchWeight(p)
}

/** Summed weight of the most frequent of `tokenCount` tokens: no pair is counted more often. */
export function highestWeight(tokenCount: u32): f64 {
  const sums = take(<u64>tokenCount << 3)
  memory.fill(sums, 0, <usize>tokenCount << 3)
  for (let run: u32 = 0; run < runCount; run++) {
    const weight = runWeight(run)
    const end = runStart(run + 1)
    for (let p = runStart(run); p < end; p++) {
      const token = cellAt(p)
      if (token < 0) continue
      const sum = sums + (<usize>token << 3)
      store<f64>(sum, load<f64>(sum) + weight)
    }
  }
  let highest: f64 = 0
  for (let i: u32 = 0; i < tokenCount; i++) highest = max(highest, load<f64>(sums + (<usize>i << 3)))
  heap.free(sums)
  return highest
}

/** Removes covered cells, so that neighbouring tokens are neighbouring cells. */
export function compact(): void {
  let to: u32 = 0
  for (let run: u32 = 0; run < runCount; run++) {
    const from = runStart(run)
    const end = runStart(run + 1)
    store<u32>(starts + (<usize>run << 2), to)
    for (let p = from; p < end; p++) {
      const token = cellAt(p)
      if (token != COVERED) setCell(to++, token)
    }
  }
  length = to
  store<u32>(starts + (<usize>runCount << 2), to)
  fillBlocks()
}

/** The weight of every block that lies in one run, -1 of the others. */
function fillBlocks(): void {
  const blockCount = (length >> 6) + 1
  for (let i: u32 = 0; i < blockCount; i++) store<f64>(blocks + (<usize>i << 3), -1)
  for (let run: u32 = 0; run < runCount; run++) {
    const weight = runWeight(run)
    const end = run + 1 < runCount ? runStart(run + 1) >> 6 : blockCount
    for (let i = (runStart(run) + 63) >> 6; i < end; i++) {
      store<f64>(blocks + (<usize>i << 3), weight)
    }
  }
}

function searchWeight(p: u32): f64 {
  let low: u32 = 0
  let high: u32 = runCount - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (runStart(middle) <= p) low = middle
    else high = middle - 1
  }
  return runWeight(low)
}
