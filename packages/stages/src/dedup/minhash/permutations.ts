// Parameters of the permutations. Ours are odd multipliers and any addends of 32 bits; datatrove's are
// what numpy's legacy generator gives for a seed, so that its signatures can be reproduced.
import { seeded } from '@shardmill/core/random'

export interface Permutations {
  /** 32-bit words per hash value. */
  readonly lanes: 1 | 2
  readonly a: Uint32Array
  readonly b: Uint32Array
}

/** `count` permutations of 32-bit words; fixed for ever, or stored signatures would not compare. */
export function permutations32(count: number): Permutations {
  const random = seeded(0x6d_69_6e_68)
  const word = (): number => random.below(0x1_0000_0000)
  const a = Uint32Array.from({ length: count }, () => word() | 1)
  const b = Uint32Array.from({ length: count }, word)
  return { lanes: 1, a, b }
}

const mersenne = (1n << 61n) - 1n

/**
 * The parameters that datatrove draws: numpy.random.RandomState(seed).randint, first all `a` in
 * [1, 2^61 - 1), then all `b` in [0, 2^61 - 1), each by masked rejection over 64-bit draws.
 */
export function datatrovePermutations(count: number, seed = 1): Permutations {
  const next = mersenneTwister(seed)
  const draw = (low: bigint): bigint => {
    const range = mersenne - 1n - low
    for (;;) {
      const high = BigInt(next())
      const value = ((high << 32n) | BigInt(next())) & mersenne
      if (value <= range) return low + value
    }
  }
  const words = (low: bigint): Uint32Array => {
    const values = BigUint64Array.from({ length: count }, () => draw(low))
    return new Uint32Array(values.buffer)
  }
  const a = words(1n)
  return { lanes: 2, a, b: words(0n) }
}

/** MT19937 seeded with one integer (Matsumoto & Nishimura 1998); answers 32-bit draws. */
function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(624)
  state[0] = seed
  for (let i = 1; i < 624; i++) {
    const before = state[i - 1]!
    state[i] = Math.imul(before ^ (before >>> 30), 1_812_433_253) + i
  }
  let at = 624
  return () => {
    if (at === 624) {
      twist(state)
      at = 0
    }
    let word = state[at++]!
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c_5680
    word ^= (word << 15) & 0xefc6_0000
    return (word ^ (word >>> 18)) >>> 0
  }
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < 624; i++) {
    const word = (state[i]! & 0x8000_0000) | (state[(i + 1) % 624]! & 0x7fff_ffff)
    state[i] = state[(i + 397) % 624]! ^ (word >>> 1) ^ (word & 1 ? 0x9908_b0df : 0)
  }
}
