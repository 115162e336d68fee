// The queue of BPE training: highest count first, then the pair with the smaller left, then the
// smaller right token, which is HF's order. A 4-ary heap of 24 bytes a node: count, pair, entry.

import { enlarge, give, take } from './blocks'

let nodes: usize = 0
let capacity: u32 = 0
export let size: u32 = 0

export function openHeap(): void {
  capacity = 1024
  nodes = take(<u64>capacity * 24)
  size = 0
}

export function closeHeap(): void {
  give(nodes, <u64>capacity * 24)
}

export function clearHeap(): void {
  size = 0
}

@inline
export function topCount(): f64 {
  return load<f64>(nodes)
}

@inline
export function topEntry(): u32 {
  return load<u32>(nodes, 16)
}

@inline
function node(at: u32): usize {
  return nodes + <usize>at * 24
}

@inline
function place(at: u32, count: f64, pair: u64, entry: u32): void {
  store<f64>(node(at), count)
  store<u64>(node(at), pair, 8)
  store<u32>(node(at), entry, 16)
}

@inline
function move(from: u32, to: u32): void {
  store<u64>(node(to), load<u64>(node(from)))
  store<u64>(node(to), load<u64>(node(from), 8), 8)
  store<u32>(node(to), load<u32>(node(from), 16), 16)
}

export function push(count: f64, pair: u64, entry: u32): void {
  if (size == capacity) {
    const wanted = capacity + (capacity >> 1)
    nodes = enlarge(nodes, <u64>capacity * 24, <u64>wanted * 24)
    capacity = wanted
  }
  let at = size++
  while (at > 0) {
    const parent = (at - 1) >> 2
    const above = load<f64>(node(parent))
    if (above > count || (above == count && load<u64>(node(parent), 8) <= pair)) break
    move(parent, at)
    at = parent
  }
  place(at, count, pair, entry)
}

/** Removes the top. */
export function pop(): void {
  const last = --size
  if (last > 0) {
    sink(load<f64>(node(last)), load<u64>(node(last), 8), load<u32>(node(last), 16))
  }
}

/** Lowers the count of the top and moves it to its place. */
export function lowerTop(count: f64): void {
  sink(count, load<u64>(nodes, 8), load<u32>(nodes, 16))
}

function sink(count: f64, pair: u64, entry: u32): void {
  let at: u32 = 0
  while (true) {
    let best = at * 4 + 1
    if (best >= size) break
    const end = min(best + 4, size)
    for (let child = best + 1; child < end; child++) {
      const ahead = load<f64>(node(child))
      const bestCount = load<f64>(node(best))
      if (
        ahead > bestCount ||
        (ahead == bestCount && load<u64>(node(child), 8) < load<u64>(node(best), 8))
      ) {
        best = child
      }
    }
    const below = load<f64>(node(best))
    if (below < count || (below == count && load<u64>(node(best), 8) >= pair)) break
    move(best, at)
    at = best
  }
  place(at, count, pair, entry)
}
