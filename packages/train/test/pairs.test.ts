// Sentence pairs: what stands where, half of each label, the same pairs whatever is read around them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PackedShardWriter } from '@shardmill/tokenizer/packed-shard-writer'
import { dispose } from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, test } from 'vitest'
import { closeWasm, useWasm, wasmTensors } from '../src/backend/wasm/register.ts'
import { createWasmOptimizer } from '../src/backend/wasm/optimizer.ts'
import { openPackedSource, type Row, type SourceRow } from '../src/data/packed-source.ts'
import { createPairs, type PairOptions } from '../src/data/pairs.ts'
import { backward, evaluateBatch } from '../src/loop/step.ts'
import { resolveModel } from '../src/model/config.ts'
import { createModel } from '../src/model/model.ts'
import { toDevice } from '../src/objective/host-batch.ts'
import { createMlm } from '../src/objective/mlm.ts'
import { createAdamw } from '../src/optimizer/adamw.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-pairs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [cls, sep, mask, end] = [1, 2, 3, 4]
const specialIds = new Set([0, cls, sep, mask, end])

/** Rows of three documents; token 10 x d + i tells its document d, and even ones begin words. */
function writeDocuments(rows: number): string {
  const path = join(folder, `${rows}.arrow`)
  const shape = { sequenceLength: 32, vocabSize: 60_000, tokenizerHash: 'x', padId: 0, eosId: end }
  const writer = new PackedShardWriter(path, { ...shape, hasWordStarts: true })
  for (let row = 0; row < rows; row++) {
    for (const [i, length] of [13, 9, 3].entries()) {
      const doc = 3 * row + i
      const ids = Uint32Array.from({ length }, (_, t) =>
        t === length - 1 ? end : 100 + 16 * doc + t,
      )
      const wordStarts = Uint8Array.from(ids, (id) => (id + 1) & 1)
      writer.addPiece({ ids, from: 0, to: length, offset: 0, docId: `d${doc}`, wordStarts })
    }
    writer.endRow()
  }
  writer.commit()
  return path
}

const documentOf = (id: number): number => (id - 100) >> 4
const path = writeDocuments(100)
const options: PairOptions = { kind: 'nsp', clsId: cls, sepId: sep, specialIds, seed: 5 }

async function rowsOf(shuffle = true): Promise<SourceRow[]> {
  const source = await openPackedSource(path, { seed: 3, shuffle })
  const rows: SourceRow[] = []
  for (let i = 0; i < 100; i++) rows.push(await source.row(i, i))
  await source.close()
  return rows
}

/** The two halves of each piece, and whether the frame around them is right. */
function halves(row: Row): { a: number[]; b: number[]; label: number }[] {
  let from = 0
  return [...row.lengths].map((length, i) => {
    const ids = [...row.ids.subarray(from, from + length)]
    const segments = [...row.pairs!.segments.subarray(from, from + length)]
    from += length
    const middle = ids.indexOf(sep)
    expect(ids[0]).toBe(cls)
    expect(ids.at(-1)).toBe(sep)
    expect(segments).toEqual(ids.map((_, t) => (t > middle ? 1 : 0)))
    const body = ids.slice(1, -1).filter((id) => id !== sep)
    for (const id of body) expect(specialIds.has(id)).toBe(false)
    const a = ids.slice(1, middle)
    return { a, b: ids.slice(middle + 1, -1), label: row.pairs!.labels[i]! }
  })
}

describe.each(['nsp', 'sop'] as const)('%s', (kind) => {
  test('half of the pairs are as in the text, the others are not', async () => {
    const pairs = (await rowsOf()).map(createPairs({ ...options, kind })).flatMap(halves)
    // The third document of a row has two tokens: too short for a pair.
    const short = pairs.filter(({ label }) => label === -1)
    expect(short.length).toBe(100)
    for (const { a, b } of short) expect([a.length, b.length]).toEqual([2, 0])
    const long = pairs.filter(({ label }) => label !== -1)
    const changed = long.filter(({ label }) => label === 1)
    // 200 fair coins: 100 +- 4 standard deviations.
    expect(Math.abs(changed.length - 100)).toBeLessThan(29)
    for (const { a, b, label } of long) {
      expect(Math.min(a.length, b.length)).toBeGreaterThan(0)
      if (label === 0) expect(b[0]).toBe(a.at(-1)! + 1)
      else if (kind === 'sop') expect(a[0]).toBe(b.at(-1)! + 1)
      else expect(documentOf(b[0]!)).not.toBe(documentOf(a[0]!))
      for (const half of [a, b]) for (const [i, id] of half.entries()) expect(id).toBe(half[0]! + i)
    }
    // Cut at words: the second half in the text's order begins one.
    for (const { a, b, label } of long) {
      if (label === 0) expect(b[0]! & 1).toBe(0)
      else if (kind === 'sop') expect(a[0]! & 1).toBe(0)
    }
  })

  test('a pair follows from its sample number, not from what was read before', async () => {
    const make = createPairs({ ...options, kind })
    const all = (await rowsOf()).map(make)
    const source = await openPackedSource(path, { seed: 3, shuffle: true })
    for (const at of [71, 3, 99]) {
      const alone = make(await source.row(at, at))
      expect([...alone.ids]).toEqual([...all[at]!.ids])
      expect(alone.pairs).toEqual(all[at]!.pairs)
      // Another visit of the same row makes other pairs.
      expect([...make(await source.row(at, at + 1000)).ids]).not.toEqual([...alone.ids])
    }
    await source.close()
  })
})

test('a random half of the only document stays a real one', async () => {
  const [row] = await rowsOf()
  const alone: SourceRow = { ...row!, another: () => alone, docId: () => 'same' }
  const { labels } = createPairs(options)(alone).pairs!
  expect([...labels]).toEqual([0, 0, -1])
})

test('the pair head learns a batch by heart', async () => {
  await useWasm({ threads: 2 })
  const rows = (await rowsOf(false)).slice(0, 4).map(createPairs({ ...options, kind: 'sop' }))
  const vocabSize = 512
  const mlm = createMlm({ maskId: mask, vocabSize, specialIds, rate: 0.15, unit: 'word', seed: 1 })
  const batch = mlm(rows)
  expect(batch.pairs!.count).toBe(8)
  expect([...batch.pairs!.places].map((at) => batch.ids[at])).toEqual(Array(12).fill(cls))
  const config = resolveModel(
    { family: 'bert', hiddenSize: 32, layers: 1, heads: 2, pairHead: true },
    { vocabSize, sequenceLength: 35 },
  )
  const model = createModel(config, { seed: 1 })
  const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 }
  const adamw = createAdamw(model, settings, createWasmOptimizer(wasmTensors()))
  const device = toDevice(batch)
  const mean = (): number => {
    const { pairs } = evaluateBatch(model, device)
    expect([...pairs].filter((loss) => loss === 0).length).toBe(4)
    return pairs.reduce((a, b) => a + b, 0) / 8
  }
  expect(mean()).toBeCloseTo(Math.LN2, 1)
  for (let step = 0; step < 60; step++) {
    const scales = { tokens: 1 / batch.targetCount, pairs: 1 / 8 }
    const { gradients } = backward(model, device, scales)
    adamw.update(gradients, 3e-3)
    dispose(gradients)
  }
  expect(mean()).toBeLessThan(0.1)
  device.dispose()
  adamw.dispose()
  model.dispose()
  await closeWasm()
})
