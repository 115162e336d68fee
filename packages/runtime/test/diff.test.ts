import * as fc from 'fast-check'
import { pickClusters } from '@shardmill/runtime/report/clusters'
import { diffTexts, diffTokens } from '@shardmill/runtime/report/diff'
import { droppedBit } from '@shardmill/runtime/tasks/verdicts'
import { expect, test } from 'vitest'

const tokens = fc.array(fc.constantFrom('a', 'b', 'c', '河', ' '), { maxLength: 40 })

/** Length of the longest common subsequence, the plain way. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0)
  for (const x of a) {
    const next = [0]
    for (const [j, y] of b.entries()) {
      next.push(x === y ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!))
    }
    row = next
  }
  return row.at(-1)!
}

test('the parts give both texts back, and as much of them is the same as can be', () => {
  fc.assert(
    fc.property(tokens, tokens, (from, to) => {
      const parts = diffTokens(from, to)
      const without = (kind: string): string =>
        parts.flatMap((part) => (part.kind === kind ? [] : [part.text])).join('')
      expect(without('kept')).toBe(from.join(''))
      expect(without('dropped')).toBe(to.join(''))
      expect(without('kept').length + without('dropped').length).toBe(from.length + to.length)
      const same = parts.flatMap(({ kind, text }) => (kind === 'same' ? [text] : [])).join('')
      expect(same.length).toBe(commonLength(from, to))
    }),
    { seed: 51, numRuns: 300 },
  )
})

test('long texts are shortened around their differences', () => {
  const words = Array.from({ length: 20_000 }, (_, i) => `w${i}`)
  const kept = [...words.slice(0, 9000), 'new', ...words.slice(9000)].join(' ')
  const parts = diffTexts(kept, words.join(' '))
  expect(parts.map(({ kind }) => kind)).toEqual(['same', 'kept', 'same'])
  expect(parts[1]!.text.trim()).toBe('new')
  expect(parts.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(300)
  expect(diffTexts('x '.repeat(5000), 'y '.repeat(5000)).length).toBeLessThan(10)
})

test('twenty clusters are picked whole, the same whatever comes between', () => {
  const words = new Uint32Array(3000)
  for (let keeper = 0; keeper < 3000; keeper += 30) {
    for (let copy = 1; copy <= 9; copy++) words[keeper + copy] = droppedBit + keeper
    // Dropped without a keeper, as `limit` does.
    words[keeper + 20] = droppedBit + keeper + 20
  }
  const picked = pickClusters(words)
  expect(picked).toHaveLength(20)
  for (const { keeper, dropped, first } of picked) {
    expect(dropped).toBe(9)
    expect(first).toEqual([1, 2, 3, 4, 5, 6].map((copy) => keeper + copy))
  }
})
