// Seeded randomness. Every random decision is a pure function of (seed, key), so results do not
// depend on worker count, order or time. Generator: splitmix32-style finaliser over 32-bit words
// (constants of MurmurHash3's fmix32, Appleby 2011); hashing: hash.ts.

export interface Random {
  /** The next number in [0, 1) with 32 random bits. */
  next(): number
  /** An integer in [0, bound). */
  below(bound: number): number
}

/** A generator whose stream depends on `seed` only. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const word = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    return mix32(state)
  }
  return {
    next: () => word() / 0x1_0000_0000,
    below: (bound) => Math.floor((word() / 0x1_0000_0000) * bound),
  }
}

/** Scrambles a 32-bit word: every input bit flips about half of the output bits. */
export function mix32(value: number): number {
  let h = value >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
