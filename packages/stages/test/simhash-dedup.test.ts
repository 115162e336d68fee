// simhash-dedup beside plain twins: fingerprints bit by bit, and all pairs compared.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Document } from '@shardmill/core/document'
import { mix32, seeded } from '@shardmill/core/random'
import type { Stage } from '@shardmill/core/stage'
import { popCount } from '@shardmill/stages/dedup/minhash/bands'
import { blockKeys, simhash } from '@shardmill/stages/dedup/simhash'
import { simhashDedup } from '@shardmill/stages/dedup/simhash-dedup'
import { runCorpus } from './run-corpus.ts'

const stage = simhashDedup as unknown as Stage
const word = fc.integer({ min: 0, max: 0xffff_ffff })

test('a fingerprint is the sign of each bit over all hashes', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 600 }), (hashes) => {
      const out = new Uint32Array(2)
      simhash(Uint32Array.from(hashes), hashes.length, out)
      for (let bit = 0; bit < 64; bit++) {
        const votes = hashes.map((hash) => {
          const half = bit < 32 ? hash : mix32(hash ^ 0x9e37_79b9)
          return (half >>> (bit & 31)) & 1 ? 1 : -1
        })
        const sum = votes.reduce((total, vote) => total + vote, 0)
        expect((out[bit >> 5]! >>> (bit & 31)) & 1).toBe(sum > 0 ? 1 : 0)
      }
    }),
    { seed: 71, numRuns: 40 },
  )
})

test('fingerprints within the distance share a key, whichever bits differ', () => {
  const pair = fc.record({
    low: word,
    high: word,
    bits: fc.uniqueArray(fc.nat(63), { maxLength: 5 }),
    perKey: fc.constantFrom(2, 3),
  })
  fc.assert(
    fc.property(pair, ({ low, high, bits, perKey }) => {
      const keysOf = blockKeys(bits.length + perKey, perKey)
      const keys = (a: number, b: number): Set<string> => {
        const all = new Set<string>()
        keysOf(a, b, (x, y) => all.add(`${x} ${y}`))
        return all
      }
      const other = Uint32Array.of(low, high)
      for (const bit of bits) other[bit >> 5]! ^= 1 << (bit & 31)
      const own = keys(low, high)
      expect([...keys(other[0]!, other[1]!)].some((key) => own.has(key))).toBe(true)
      const n = bits.length + perKey
      expect(own.size).toBe(perKey === 2 ? (n * (n - 1)) / 2 : (n * (n - 1) * (n - 2)) / 6)
    }),
    { seed: 72, numRuns: 300 },
  )
})

test.each([0, 3, 6])(
  'distance %i: every dropped document is that near to its keeper',
  async (maxDistance) => {
    const random = seeded(73)
    const docs: Document[] = []
    for (let family = 0; family < 30; family++) {
      const words = Array.from({ length: 300 }, () => `w${random.below(5000)}`)
      for (let copy = 0; copy < 6; copy++) {
        if (copy > 0) words[random.below(300)] = `x${copy}`
        docs.push(new Document({ id: String(docs.length), text: words.join(' ') }))
      }
    }
    const { dropped } = await runCorpus(stage, { maxDistance }, docs)
    const pass = await simhashDedup.create(
      simhashDedup.options.parse({ maxDistance }),
      undefined as never,
    )
    const prints = docs.map((doc) => pass.describe!(doc).slice(4, 6))
    const distance = (a: number, b: number): number =>
      popCount(prints[a]![0]! ^ prints[b]![0]!) + popCount(prints[a]![1]! ^ prints[b]![1]!)
    for (const [ordinal, keeper] of dropped)
      expect(distance(ordinal, keeper)).toBeLessThanOrEqual(maxDistance)
    // All pairs, the plain way: no two kept ones are that near.
    const kept = docs.flatMap((_, i) => (dropped.has(i) ? [] : [i]))
    for (const [i, a] of kept.entries()) {
      for (const b of kept.slice(i + 1)) expect(distance(a, b)).toBeGreaterThan(maxDistance)
    }
    if (maxDistance > 0) expect(dropped.size).toBeGreaterThan(30)
  },
)
