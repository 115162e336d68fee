import { expect, test, describe } from 'vitest'
import { seeded } from '@shardmill/core/random'
import { bestFitDecreasing, NumberSet } from '../src/pack-bins.ts'
import { fillOf, Packer, packModes, type PackOptions, type TokenDocument } from '../src/pack.ts'
import type { Piece } from '../src/packed-shard-writer.ts'

const bosId = 9_999

interface Row {
  readonly pieces: { docId: string; offset: number; ids: number[]; words: number[] }[]
}

function pack(
  all: readonly TokenDocument[],
  options: PackOptions,
): { rows: Row[]; packer: Packer } {
  const rows: Row[] = []
  let open: Row = { pieces: [] }
  const packer = new Packer(options, {
    addPiece({ ids, from, to, offset, docId, wordStarts }: Piece) {
      const words = wordStarts ? [...wordStarts.subarray(from, to)] : []
      open.pieces.push({ docId, offset, ids: [...ids.subarray(from, to)], words })
    },
    endRow() {
      rows.push(open)
      open = { pieces: [] }
    },
  })
  for (const document of all) packer.add(document)
  packer.finish()
  expect(open.pieces).toEqual([])
  return { rows, packer }
}

/** Documents whose token i is 10 × document + i, modulo something, so that a wrong place shows. */
function documents(count: number, longest: number, seed: number): TokenDocument[] {
  const random = seeded(seed)
  return Array.from({ length: count }).map((_, d) => {
    const length = random.below(4) === 0 ? random.below(longest) : random.below(longest >> 3)
    const ids = new Int32Array(length).map((_zero, i) => (d * 31 + i) % 5000)
    return { id: `d${d}`, ids, wordStarts: Uint8Array.from(ids, (id) => id & 1) }
  })
}

function putTogether(
  rows: readonly Row[],
  bos: boolean,
): Map<string, { ids: number[]; words: number[] }> {
  const pieces = new Map<string, { offset: number; ids: number[]; words: number[] }[]>()
  for (const row of rows) {
    for (const { docId, offset, ids, words } of row.pieces) {
      if (bos) expect([ids[0], words[0]]).toEqual([bosId, 1])
      const from = bos ? 1 : 0
      const piece = { offset, ids: ids.slice(from), words: words.slice(from) }
      pieces.set(docId, [...(pieces.get(docId) ?? []), piece])
    }
  }
  return new Map(
    Array.from(pieces, ([docId, parts]) => {
      const ordered = parts.toSorted((a, b) => a.offset - b.offset)
      let at = 0
      for (const { offset, ids } of ordered) {
        expect(offset).toBe(at)
        at += ids.length
      }
      const ids = ordered.flatMap((part) => part.ids)
      return [docId, { ids, words: ordered.flatMap((part) => part.words) }]
    }),
  )
}

describe.each(packModes)('%s', (mode) => {
  const options = { mode, sequenceLength: 32, windowTokens: 1000, bosId }

  test.each([
    ['short and long documents', 400, 200],
    ['short documents', 400, 30],
    ['one document', 1, 900],
    ['no documents', 0, 10],
  ])('%s: every token comes out once, at its place', (_, count, longest) => {
    const all = documents(count, longest, 7)
    const { rows, packer } = pack(all, options)
    const expected = all.filter(({ ids }) => ids.length > 0)
    const found = putTogether(rows, mode === 'bos-bestfit')
    expect(new Set(found.keys())).toEqual(new Set(expected.map(({ id }) => id)))
    for (const { id, ids, wordStarts } of expected) {
      expect(found.get(id)).toEqual({ ids: [...ids], words: [...wordStarts!] })
    }
    const { statistics } = packer
    const places = rows.map(({ pieces }) => pieces.reduce((sum, { ids }) => sum + ids.length, 0))
    for (const used of places) expect(used).toBeLessThanOrEqual(32)
    expect(statistics).toMatchObject({
      documents: count,
      tokens: all.reduce((sum, { ids }) => sum + ids.length, 0),
      rows: rows.length,
      pieces: rows.reduce((sum, { pieces }) => sum + pieces.length, 0),
    })
    expect(statistics.tokens + statistics.addedTokens + statistics.paddingTokens).toBe(
      32 * rows.length,
    )
  })

  test('the same documents give the same rows', () => {
    const all = documents(300, 100, 3)
    expect(pack(all, options).rows).toEqual(pack(all, options).rows)
  })
})

test('bfd fills rows, and cuts only documents that are longer than a row', () => {
  const all = documents(3000, 100, 5)
  const { packer } = pack(all, { mode: 'bfd', sequenceLength: 128, windowTokens: 1 << 16 })
  expect(fillOf(packer.statistics)).toBeGreaterThan(0.99)
  expect(packer.statistics.splitDocuments).toBe(0)
})

test('bfd does not keep everything when nothing fits together', () => {
  const all = Array.from({ length: 500 }, (_, d) => ({
    id: `d${d}`,
    ids: new Int32Array(17).fill(d),
  }))
  const { rows, packer } = pack(all, { mode: 'bfd', sequenceLength: 32, windowTokens: 2048 })
  expect(rows.length).toBeLessThan(350)
  expect(packer.statistics.splitDocuments).toBeGreaterThan(0)
})

test('concat pads only the last row', () => {
  const { packer } = pack(documents(100, 80, 1), { mode: 'concat', sequenceLength: 32 })
  expect(packer.statistics.paddingTokens).toBeLessThan(32)
})

test('bos-bestfit without a BOS token is an error', () => {
  expect(() => pack([], { mode: 'bos-bestfit', sequenceLength: 8 })).toThrow('needs `bosId`')
})

test('the number set finds neighbours', () => {
  const random = seeded(2)
  const set = new NumberSet(5000)
  const members = new Set<number>()
  for (let step = 0; step < 3000; step++) {
    const value = random.below(5000)
    if (random.below(3) === 0) {
      set.delete(value)
      members.delete(value)
    } else {
      set.add(value)
      members.add(value)
    }
    const probe = random.below(5000)
    const above = [...members].filter((member) => member >= probe)
    const below = [...members].filter((member) => member <= probe)
    if (step % 20 > 0) continue
    expect(set.atLeast(probe)).toBe(above.length === 0 ? -1 : Math.min(...above))
    expect(set.atMost(probe)).toBe(below.length === 0 ? -1 : Math.max(...below))
  }
})

test('best fit decreasing equals the plain search', () => {
  const random = seeded(8)
  for (let run = 0; run < 50; run++) {
    const lengths = Int32Array.from({ length: 60 }, () => 1 + random.below(40))
    const bins = bestFitDecreasing(lengths, 40)
    const free: number[] = []
    for (const length of [...lengths].toSorted((a, b) => b - a)) {
      const fitting = free.filter((space) => space >= length)
      if (fitting.length === 0) free.push(40 - length)
      else free[free.indexOf(Math.min(...fitting))]! -= length
    }
    const found = Array.from(bins.free.subarray(0, bins.count))
    expect(found.toSorted((a, b) => a - b)).toEqual(free.toSorted((a, b) => a - b))
    const packed = found.flatMap((_, bin) => bins.piecesOf(bin))
    expect(packed.toSorted((a, b) => a - b)).toEqual(
      lengths.map((_, i) => i).reduce<number[]>((all, i) => [...all, i], []),
    )
  }
})
