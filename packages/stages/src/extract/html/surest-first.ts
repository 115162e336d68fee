// Blocks by probability. Radix sort (Knuth 1973, 5.2.5): the bits of a float between 0 and 1 are ordered like
// the float, so three passes over ten bits each do it, without a comparison. Cost: 10 ns a block.
import { scratch } from './scratch.ts'

const digitBits = 10
const digits = 3
const values = 1 << digitBits
const lastDigit = values - 1
/** All bits that a float of at most 1 has. */
const allBits = 2 ** (digits * digitBits) - 1

/** How many keys have each value of each digit, then where they go. */
const places = new Int32Array(digits * values)
const keysOf = scratch(Int32Array)
const orderOf = scratch(Int32Array)
const otherOf = scratch(Int32Array)

/**
 * Blocks from the largest probability down, equal ones in page order, at the head of the result. Valid until
 * the next call.
 */
export function surestFirst(probabilities: Float32Array): Int32Array {
  const count = probabilities.length
  const bits = new Int32Array(probabilities.buffer, probabilities.byteOffset, count)
  const keys = keysOf(count)
  places.fill(0)
  for (let block = 0; block < count; block++) {
    const key = allBits - (bits[block] as number)
    keys[block] = key
    countOne(key & lastDigit)
    countOne(values + ((key >> digitBits) & lastDigit))
    countOne(2 * values + (key >> (2 * digitBits)))
  }
  let order = orderOf(count)
  let other = otherOf(count)
  for (let block = 0; block < count; block++) order[block] = block
  for (let digit = 0; digit < digits; digit++) {
    startPlaces(digit * values)
    sortBy(digit, keys, order, other, count)
    const sorted = other
    other = order
    order = sorted
  }
  return order
}

function countOne(at: number): void {
  places[at] = (places[at] as number) + 1
}

function startPlaces(first: number): void {
  let before = 0
  for (let at = first; at < first + values; at++) {
    const here = places[at] as number
    places[at] = before
    before += here
  }
}

function sortBy(
  digit: number,
  keys: Int32Array,
  from: Int32Array,
  to: Int32Array,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const block = from[i] as number
    const at = digit * values + (((keys[block] as number) >> (digit * digitBits)) & lastDigit)
    const place = places[at] as number
    to[place] = block
    places[at] = place + 1
  }
}
