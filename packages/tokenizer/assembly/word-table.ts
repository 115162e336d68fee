// The table behind src/word-table.ts: distinct words and how often each was seen, by open addressing
// over one growing arena of bytes. A slot is 16 bytes: the word, its length, and 64 bits that are
// the word itself when it has at most 8 bytes (nine in ten English pieces), else its hash; only
// longer words are compared byte by byte.
//
// In WebAssembly because a training on 20 MB is over before V8 has made up its mind about the same
// loop in JavaScript, and because eight bytes are one load here.

import { closeRules, pieceEnd, useRules } from './scanner'
import { MOST, give, take } from './blocks'

export { useRules }

/** Borders of pieces, as pairs (start, end) of 32-bit numbers. */
const SPANS: usize = memory.data(8192)

let text: usize = 0
let textCapacity: u32 = 0

export let size: u32 = 0
let limit: f64 = 0
let slots: usize = 0
/** Slots - 1, a power of two less one. */
let mask: u32 = 0
export let offsets: usize = 0
export let counts: usize = 0
let capacity: u32 = 0
export let arena: usize = 0
let arenaCapacity: u32 = 0

/** Makes an empty table that does not grow beyond `limitBytes`. */
export function create(limitBytes: f64): void {
  limit = limitBytes
  mask = (1 << 12) - 1
  slots = heap.alloc((<usize>mask + 1) << 4)
  memory.fill(slots, 0, (<usize>mask + 1) << 4)
  capacity = 1 << 11
  offsets = heap.alloc((<usize>capacity + 1) << 2)
  counts = heap.alloc(<usize>capacity << 3)
  store<u32>(offsets, 0)
  arenaCapacity = 1 << 15
  arena = heap.alloc(arenaCapacity)
}

/** Forgets all words but keeps the memory. */
export function clear(): void {
  size = 0
  memory.fill(slots, 0, (<usize>mask + 1) << 4)
}

/** Frees what only counting needs; the words stay, and no more can be added. */
export function closeTable(): void {
  heap.free(slots)
  slots = 0
  if (text != 0) heap.free(text)
  text = textCapacity = 0
  closeRules()
}

/** Frees the words too. */
export function forgetWords(): void {
  give(offsets, (<u64>capacity + 1) << 2)
  give(counts, <u64>capacity << 3)
  give(arena, arenaCapacity)
  offsets = counts = arena = 0
  size = 0
}

/** Instead of `create`: room for `words` words of `bytes` bytes, which are filled from outside. */
export function openTable(words: u32, bytes: u32): void {
  size = capacity = words
  arenaCapacity = bytes
  offsets = take((<u64>words + 1) << 2)
  counts = take(<u64>words << 3)
  arena = take(bytes)
}

/** A place for at least `length` bytes of text; what was there is lost when it moves. */
export function textBuffer(length: u32): usize {
  if (length > textCapacity) {
    if (text != 0) heap.free(text)
    // Words are read in steps of 8 bytes.
    text = heap.alloc(<usize>length + 8)
    textCapacity = length
  }
  return text
}

export function spansAddress(): usize {
  return SPANS
}

export function offsetsAddress(): usize {
  return offsets
}

export function countsAddress(): usize {
  return counts
}

export function arenaAddress(): usize {
  return arena
}

export function wordCount(): u32 {
  return size
}

export function tableBytes(): f64 {
  return bytesOf(mask, capacity, arenaCapacity)
}

@inline
function bytesOf(slotMask: u32, wordCapacity: u32, arenaBytes: u32): f64 {
  return 16 * (<f64>slotMask + 1) + 12 * <f64>wordCapacity + <f64>arenaBytes
}

/**
 * Adds `weight` to the words of spans `first` to `last`, whose borders count from `base` bytes before
 * the text. Returns the first span that no longer found room, `last` when all did.
 */
export function addSpans(first: u32, last: u32, base: u32, weight: f64): u32 {
  const origin = text - base
  for (let i = first; i < last; i++) {
    const span = SPANS + (<usize>i << 3)
    const start = load<u32>(span)
    if (!add(origin + start, load<u32>(span, 4) - start, weight)) return i
  }
  return last
}

/**
 * Cuts `text[from, to)` with the scanner and counts the pieces; `isLines` makes every line a text of
 * its own, line end included. Returns where it stopped for lack of room, else `to`; goes on from there.
 */
export function addText(from: u32, to: u32, isLines: bool, weight: f64): u32 {
  const end = text + to
  let lineEnd = end
  let at = text + from
  while (at < end) {
    if (isLines) lineEnd = endOfLine(at, end)
    while (at < lineEnd) {
      const next = pieceEnd(at, lineEnd)
      if (!add(at, <u32>(next - at), weight)) return <u32>(at - text)
      at = next
    }
    lines++
  }
  return to
}

let lines: u32 = 0

/** Lines that `addText` has finished so far. */
export function lineCount(): u32 {
  return lines
}

function endOfLine(from: usize, end: usize): usize {
  let at = from
  while (at + 8 <= end) {
    // A byte that is 0x0a is 0 in `bytes`, and only below it a borrow could fake another.
    const bytes = load<u64>(at) ^ 0x0a0a0a0a0a0a0a0a
    const found = (bytes - 0x0101010101010101) & ~bytes & 0x8080808080808080
    if (found != 0) return at + <usize>(ctz(found) >> 3) + 1
    at += 8
  }
  while (at < end) if (load<u8>(at++) == 0x0a) return at
  return end
}

function add(start: usize, length: u32, weight: f64): bool {
  let key: u64
  if (length < 8) key = load<u64>(start) & ((<u64>1 << (length << 3)) - 1)
  else if (length == 8) key = load<u64>(start)
  else key = hashBytes(start, length)
  let at = firstSlot(key, length) & mask
  while (true) {
    const slot = slots + (<usize>at << 4)
    const entry = load<u32>(slot)
    if (entry == 0) break
    if (load<u64>(slot, 8) == key && load<u32>(slot, 4) == length) {
      const word = entry - 1
      if (length <= 8 || isEqual(arena + load<u32>(offsets + (<usize>word << 2)), start, length)) {
        const count = counts + (<usize>word << 3)
        store<f64>(count, load<f64>(count) + weight)
        return true
      }
    }
    at = (at + 1) & mask
  }
  return insert(start, length, key, weight)
}

function insert(start: usize, length: u32, key: u64, weight: f64): bool {
  const word = size
  const offset = load<u32>(offsets + (<usize>word << 2))
  if (!makeRoom(offset, length)) return false
  let at = firstSlot(key, length) & mask
  while (load<u32>(slots + (<usize>at << 4)) != 0) at = (at + 1) & mask
  const slot = slots + (<usize>at << 4)
  store<u32>(slot, word + 1)
  store<u32>(slot, length, 4)
  store<u64>(slot, key, 8)
  memory.copy(arena + offset, start, length)
  store<f64>(counts + (<usize>word << 3), weight)
  store<u32>(offsets + (<usize>(word + 1) << 2), offset + length)
  size = word + 1
  return true
}

/** Grows what is full; false when the table would then exceed its limit. */
function makeRoom(offset: u32, length: u32): bool {
  const slotMask = (size + 1) * 2 > mask + 1 ? mask * 2 + 1 : mask
  const wordCapacity = size == capacity ? capacity * 2 : capacity
  let arenaBytes = arenaCapacity
  const wanted = <u64>offset + length + 8
  if (wanted > <u64>arenaCapacity) {
    const larger = max(wanted, (<u64>arenaCapacity * 3) >> 1)
    if (larger > MOST) return false
    arenaBytes = <u32>larger
  }
  if (slotMask == mask && wordCapacity == capacity && arenaBytes == arenaCapacity) return true
  // A table that holds nothing must take a word of any length.
  if (size > 0 && bytesOf(slotMask, wordCapacity, arenaBytes) > limit) return false
  if (<u64>slotMask << 4 > MOST) return false
  if (wordCapacity != capacity) {
    offsets = heap.realloc(offsets, (<usize>wordCapacity + 1) << 2)
    counts = heap.realloc(counts, <usize>wordCapacity << 3)
    capacity = wordCapacity
  }
  if (arenaBytes != arenaCapacity) {
    arena = heap.realloc(arena, arenaBytes)
    arenaCapacity = arenaBytes
  }
  if (slotMask != mask) rehash(slotMask)
  return true
}

function rehash(slotMask: u32): void {
  const larger = heap.alloc((<usize>slotMask + 1) << 4)
  memory.fill(larger, 0, (<usize>slotMask + 1) << 4)
  const end = slots + ((<usize>mask + 1) << 4)
  for (let from = slots; from < end; from += 16) {
    const entry = load<u32>(from)
    if (entry == 0) continue
    const length = load<u32>(from, 4)
    const key = load<u64>(from, 8)
    let at = firstSlot(key, length) & slotMask
    while (load<u32>(larger + (<usize>at << 4)) != 0) at = (at + 1) & slotMask
    const slot = larger + (<usize>at << 4)
    store<u32>(slot, entry)
    store<u32>(slot, length, 4)
    store<u64>(slot, key, 8)
  }
  heap.free(slots)
  slots = larger
  mask = slotMask
}

/** Fibonacci hashing: the high half of a product has seen all bits. */
@inline
function firstSlot(key: u64, length: u32): u32 {
  return <u32>(((key ^ (<u64>length << 56)) * 0x9e3779b97f4a7c15) >> 32)
}

/** Eight bytes at a time; the last eight overlap. */
function hashBytes(start: usize, length: u32): u64 {
  let hash: u64 = length
  const last = start + length - 8
  for (let at = start; at < last; at += 8) hash = mix(hash ^ load<u64>(at))
  return mix(hash ^ load<u64>(last))
}

@inline
function mix(value: u64): u64 {
  const product = value * 0xff51afd7ed558ccd
  return product ^ (product >> 32)
}

function isEqual(a: usize, b: usize, length: u32): bool {
  const last = length - 8
  for (let i: u32 = 0; i < last; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false
  return load<u64>(a + last) == load<u64>(b + last)
}
