// A word list as a Bloom filter (Bloom 1970): 10 bits and three probes per word, 2 % false
// positives, no strings at run time. The perceptron learns how far to trust it, so a false positive
// is a small mistake in one feature. A 350,000-word list is 512 kB.

export const longestLexiconWord = 5

/** Rolling hash of a word's folded symbols; `step` appends one. */
export const lexiconSeed = 0x811c9dc5

export function stepLexiconHash(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193) ^ (hash >>> 15)
}

/** Where the filter keeps that a longer word begins with the two symbols of `hash`. */
export function prefixHash(hash: number): number {
  return Math.imul(hash ^ 0x5bd1e995, 0x01000193)
}

export function hasWord(bits: Uint32Array, mask: number, hash: number): boolean {
  const a = Math.imul(hash, 0x9e3779b1) >>> 0
  const p = a & mask
  if ((bits[p >>> 5]! & (1 << (p & 31))) === 0) return false
  const q = Math.imul(hash ^ (a >>> 13), 0x85ebca6b) & mask
  if ((bits[q >>> 5]! & (1 << (q & 31))) === 0) return false
  const r = Math.imul(a ^ (hash >>> 11), 0xc2b2ae35) & mask
  return (bits[r >>> 5]! & (1 << (r & 31))) !== 0
}

export function addWord(bits: Uint32Array, mask: number, hash: number): void {
  const a = Math.imul(hash, 0x9e3779b1) >>> 0
  for (const at of [
    a & mask,
    Math.imul(hash ^ (a >>> 13), 0x85ebca6b) & mask,
    Math.imul(a ^ (hash >>> 11), 0xc2b2ae35) & mask,
  ]) {
    bits[at >>> 5]! |= 1 << (at & 31)
  }
}

/**
 * Writes for each of `count` symbols the number of its lexicon feature (0..107): the longest listed
 * word of two to five symbols that begins there, the longest that ends there, and whether one runs
 * through with the symbol inside (1) or the symbol follows another inside it (2).
 */
export function markLexicon(
  codes: Uint16Array,
  count: number,
  bits: Uint32Array,
  begins: Uint8Array,
  out: Uint8Array,
): void {
  const mask = bits.length * 32 - 1
  // out holds the longest end until the last pass; `begins` counts from the front.
  begins.fill(0, 0, count)
  out.fill(0, 0, count)
  for (let i = 0; i < count; i++) {
    if (codes[i]! < 0x3400) continue
    let hash = stepLexiconHash(lexiconSeed, codes[i]!)
    const most = Math.min(longestLexiconWord, count - i)
    for (let length = 2; length <= most; length++) {
      const code = codes[i + length - 1]!
      if (code < 0x3400) break
      hash = stepLexiconHash(hash, code)
      if (hasWord(bits, mask, hash)) {
        begins[i] = length
        if (out[i + length - 1]! < length) out[i + length - 1] = length
      }
      // Most pairs begin no longer word; the filter knows those that do.
      if (length === 2 && !hasWord(bits, mask, prefixHash(hash))) break
    }
  }
  let inside = 0
  for (let i = 0; i < count; i++) {
    // Symbols left of the longest word that has begun, this one excluded.
    const through = inside > 1 ? (inside > 2 ? 2 : 1) : 0
    inside = Math.max(inside - 1, begins[i]!)
    out[i] = (begins[i]! * 6 + out[i]!) * 3 + through
  }
}
