// The kernels beside plain twins, the parameters and signatures beside datatrove's.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seeded } from '@shardmill/core/random'
import { datatroveShingles, simplifyText } from '@shardmill/stages/dedup/minhash/datatrove'
import { createSigner } from '@shardmill/stages/dedup/minhash/kernel'
import { datatrovePermutations, permutations32 } from '@shardmill/stages/dedup/minhash/permutations'

const mersenne = (1n << 61n) - 1n

function values(words: Uint32Array): BigUint64Array {
  return new BigUint64Array(words.slice().buffer)
}

function plain32(a: Uint32Array, b: Uint32Array, hashes: Uint32Array): number[] {
  return Array.from(a, (factor, p) => {
    return Math.min(0xffff_ffff, ...Array.from(hashes, (h) => (Math.imul(h, factor) + b[p]!) >>> 0))
  })
}

function plain64(a: Uint32Array, b: Uint32Array, hashes: Uint32Array): bigint[] {
  const addends = values(b)
  return Array.from(values(a), (factor, p) => {
    let least = (1n << 64n) - 1n
    for (const hash of values(hashes)) {
      const value = BigInt.asUintN(64, hash * factor + addends[p]!) % mersenne
      if (value < least) least = value
    }
    return least
  })
}

const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff),
)

describe('kernels', () => {
  test('equal their plain twins on any hashes', () => {
    const [narrow, wide] = [permutations32(20), datatrovePermutations(20)]
    const sign32 = createSigner(1, narrow.a, narrow.b)
    const sign64 = createSigner(2, wide.a, wide.b)
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (list) => {
        const hashes = Uint32Array.from(list)
        expect([...sign32(hashes, hashes.length)]).toEqual(plain32(narrow.a, narrow.b, hashes))
        const even = hashes.subarray(0, hashes.length & ~1)
        expect([...values(sign64(even, even.length / 2))]).toEqual(plain64(wide.a, wide.b, even))
      }),
      { seed: 5, numRuns: 200 },
    )
  })

  test('a document longer than a block has the minimum of its blocks', () => {
    const { a, b } = permutations32(16)
    const sign = createSigner(1, a, b)
    const random = seeded(3)
    const hashes = Uint32Array.from({ length: 40_000 }, () => random.below(0x1_0000_0000))
    const parts = [0, 16_384, 32_768].map((from) => {
      const part = hashes.slice(from, from + 16_384)
      return sign(part, part.length)
    })
    const least = Array.from(parts[0]!, (_, p) => Math.min(...parts.map((part) => part[p]!)))
    expect([...sign(hashes, hashes.length)]).toEqual(least)
  })

  test('the agreement of two signatures estimates the Jaccard similarity without bias', () => {
    const { a, b } = permutations32(112)
    const sign = createSigner(1, a, b)
    const random = seeded(11)
    for (const shared of [100, 250, 400]) {
      let agreement = 0
      for (let round = 0; round < 100; round++) {
        const all = Uint32Array.from({ length: 1000 - shared }, () => random.below(0x1_0000_0000))
        const left = sign(all, 500)
        const right = sign(all.subarray(500 - shared), 500)
        agreement += left.reduce((sum, value, p) => sum + (value === right[p] ? 1 : 0), 0)
      }
      const similarity = shared / (1000 - shared)
      // Standard error of 11,200 coins: below 0.005.
      expect(Math.abs(agreement / 11_200 - similarity)).toBeLessThan(0.02)
    }
  })

  test('more permutations than the memory holds are refused', () => {
    const { a, b } = permutations32(257)
    expect(() => createSigner(1, a, b)).toThrow('at most 256 permutations, got 257')
  })
})

interface Golden {
  readonly name: string
  readonly text: string
  readonly simplified: string
  readonly tokens: readonly string[]
  readonly firstHash: string
  readonly signature: string
}

describe('datatrove', () => {
  test('112 parameters are those of numpy.random.RandomState(1)', () => {
    const { a, b } = datatrovePermutations(112)
    expect([values(a)[0], values(a)[111]]).toEqual([775169054918279404n, 223865076026037746n])
    expect([values(b)[0], values(b)[111]]).toEqual([1062448801025099917n, 1097409548522419201n])
    expect(createHash('sha256').update(a).update(b).digest('hex')).toBe(
      '3b8ce0e5ff06d6950b72f62ef5ff619cfa984cd0c52ce62b94ae10ded4e80c8d',
    )
  })

  const path = join(import.meta.dirname, 'oracle/minhash/expected.json')
  const goldens = JSON.parse(readFileSync(path, 'utf8')) as Golden[]
  test.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    expect(simplifyText(golden.text)).toBe(golden.simplified)
    const { hashes, count } = datatroveShingles(golden.tokens, 5)
    expect(count).toBe(Math.max(0, golden.tokens.length - 4))
    if (count === 0) return
    expect(String(values(hashes)[0])).toBe(golden.firstHash)
    const { a, b } = datatrovePermutations(112)
    const signature = createSigner(2, a, b)(hashes, count)
    expect(createHash('sha256').update(signature).digest('hex').slice(0, 16)).toBe(golden.signature)
  })
})
