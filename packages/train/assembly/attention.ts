// Attention over packed documents: a tile is one document and one key/value head, so no work is
// done between documents and no mask exists. Queries go in blocks of 32 rows; keys and values are
// packed once per tile. Causal blocks stop at the diagonal. The backward pass recomputes the
// probabilities from the saved log-sum-exp, as FlashAttention does (Dao et al. 2022).
//
// Queries may be fewer than keys (generation with a cache): the last query sees the last key.
// Scratch per thread: 4 x length x headSize + 2 x 32 x length floats for the longest document.
import { float, int, pointer, scratchMemory } from './job'
import { keepMask, mix32 } from './dropout'
import { exp1, exp4, madd, max4, sum4 } from './math'
import {
  ADD,
  REPLACE,
  dot,
  multiplyPanels,
  packColumns,
  packColumnsAsRows,
  packRows,
  packRowsAsColumns,
} from './gemm'

const BLOCK: i32 = 32

/**
 * Job: forward. Arguments: 0 q, 1 k, 2 v, 3 out, 4 log-sum-exp [queries, heads], 5 query bounds,
 * 6 key bounds, 7 heads, 8 key/value heads, 9 head size, 10 causal, 11 scale, 16 dropout's key,
 * 17 threshold (0: none), 18 scale of what is kept.
 */
export function attentionTile(tile: i32): void {
  const heads = int(7),
    pairs = int(8),
    size = int(9)
  const doc = tile / pairs,
    pair = tile % pairs
  const q0 = load<i32>(pointer(5) + ((<usize>doc) << 2))
  const q1 = load<i32>(pointer(5) + ((<usize>doc) << 2), 4)
  const k0 = load<i32>(pointer(6) + ((<usize>doc) << 2))
  const k1 = load<i32>(pointer(6) + ((<usize>doc) << 2), 4)
  const keys = k1 - k0,
    offset = keys - (q1 - q0)
  const padded = (keys + 7) & ~7
  const strideQ = heads * size,
    strideK = pairs * size
  const group = heads / pairs

  const spare = scratchMemory()
  const keyPanels = spare + 128
  const valuePanels = keyPanels + ((<usize>(padded * size)) << 2)
  const scores = valuePanels + ((<usize>(padded * ((size + 7) & ~7))) << 2)
  const packed = scores + ((<usize>(BLOCK * padded)) << 2)

  const base = (<usize>k0 * <usize>strideK + <usize>(pair * size)) << 2
  packRowsAsColumns(pointer(1) + base, strideK, size, keys, keyPanels, (<usize>size) << 5)
  packColumns(pointer(2) + base, strideK, keys, size, valuePanels, (<usize>padded) << 5)

  for (let g = 0; g < group; g++) {
    const head = pair * group + g
    for (let q = q0; q < q1; q += BLOCK) {
      const rows = min(BLOCK, q1 - q)
      const seen = int(10) != 0 ? min(keys, q - q0 + rows + offset) : keys
      const at = (<usize>q * <usize>strideQ + <usize>(head * size)) << 2
      packRows(pointer(0) + at, strideQ, rows, size, packed)
      multiplyPanels(
        packed,
        keyPanels,
        (<usize>size) << 5,
        rows,
        seen,
        size,
        scores,
        padded,
        REPLACE,
        0,
        spare,
      )
      for (let r = 0; r < rows; r++) {
        const visible = int(10) != 0 ? q - q0 + r + offset + 1 : keys
        const lse = softmaxRow(scores + ((<usize>(r * padded)) << 2), visible, seen, float(11))
        store<f32>(pointer(4) + ((<usize>((q + r) * heads + head)) << 2), lse)
        if (int(17) != 0) {
          dropRow(scores + ((<usize>(r * padded)) << 2), visible, k0, (q + r) * heads + head)
        }
      }
      packRows(scores, padded, rows, seen, packed)
      multiplyPanels(
        packed,
        valuePanels,
        (<usize>padded) << 5,
        rows,
        size,
        seen,
        pointer(3) + at,
        strideQ,
        REPLACE,
        0,
        spare,
      )
    }
  }
}

/** Scales and normalises `visible` scores in place, clears the rest up to `seen`; gives log-sum-exp. */
function softmaxRow(row: usize, visible: i32, seen: i32, scale: f32): f32 {
  let top = f32x4.splat(-Infinity)
  let i = 0
  for (; i + 4 <= visible; i += 4) top = f32x4.max(top, v128.load(row + ((<usize>i) << 2)))
  let highest = max4(top)
  for (; i < visible; i++) highest = max(highest, load<f32>(row + ((<usize>i) << 2)))
  highest *= scale
  const factor = f32x4.splat(scale),
    shift = f32x4.splat(-highest)
  let sums = f32x4.splat(0)
  for (i = 0; i + 4 <= visible; i += 4) {
    const at = row + ((<usize>i) << 2)
    const e = exp4(madd(v128.load(at), factor, shift))
    v128.store(at, e)
    sums = f32x4.add(sums, e)
  }
  let sum = sum4(sums)
  for (; i < visible; i++) {
    const at = row + ((<usize>i) << 2)
    const e = exp1(load<f32>(at) * scale - highest)
    store<f32>(at, e)
    sum += e
  }
  for (; i < seen; i++) store<f32>(row + ((<usize>i) << 2), 0)
  const inverse = f32x4.splat(1 / sum)
  for (i = 0; i + 4 <= visible; i += 4) {
    const at = row + ((<usize>i) << 2)
    v128.store(at, f32x4.mul(v128.load(at), inverse))
  }
  for (; i < visible; i++) {
    const at = row + ((<usize>i) << 2)
    store<f32>(at, load<f32>(at) / sum)
  }
  return highest + <f32>Math.log(<f64>sum)
}

/** Drops probabilities of a row in place. Counters are keys of the whole stream; `row` names the row
 * of (query, head). */
function dropRow(scores: usize, visible: i32, first: i32, row: i32): void {
  const key = <i32>mix32(<u32>int(16) ^ mix32(<u32>row))
  const factor = f32x4.splat(float(18))
  // Rows are padded to eight numbers, and those behind `visible` are 0.
  for (let i = 0; i < visible; i += 4) {
    const at = scores + ((<usize>i) << 2)
    const kept = f32x4.mul(v128.load(at), factor)
    v128.store(at, v128.and(kept, keepMask(key, first + i, int(17))))
  }
}

/**
 * Job: backward. Arguments as forward (4 is read), then 12 gradient of out, 13 of q, 14 of k, 15 of v.
 * Queries and keys must be the same tokens.
 */
export function attentionGradTile(tile: i32): void {
  const heads = int(7),
    pairs = int(8),
    size = int(9)
  const doc = tile / pairs,
    pair = tile % pairs
  const start = load<i32>(pointer(5) + ((<usize>doc) << 2))
  const keys = load<i32>(pointer(5) + ((<usize>doc) << 2), 4) - start
  const padded = (keys + 7) & ~7,
    wide = (size + 7) & ~7
  const strideQ = heads * size,
    strideK = pairs * size
  const group = heads / pairs,
    causal = int(10) != 0,
    scale = float(11)

  const spare = scratchMemory()
  const keyPanels = spare + 128
  const keyColumns = keyPanels + ((<usize>(padded * size)) << 2)
  const valuePanels = keyColumns + ((<usize>(padded * wide)) << 2)
  const scores = valuePanels + ((<usize>(padded * size)) << 2)
  const slopes = scores + ((<usize>(BLOCK * padded)) << 2)
  const packed = slopes + ((<usize>(BLOCK * padded)) << 2)
  const panels = packed + ((<usize>(BLOCK * max(padded, size))) << 2)

  const base = (<usize>start * <usize>strideK + <usize>(pair * size)) << 2
  packRowsAsColumns(pointer(1) + base, strideK, size, keys, keyPanels, (<usize>size) << 5)
  packColumns(pointer(1) + base, strideK, keys, size, keyColumns, (<usize>padded) << 5)
  packRowsAsColumns(pointer(2) + base, strideK, size, keys, valuePanels, (<usize>size) << 5)
  const keyGrad = pointer(14) + base,
    valueGrad = pointer(15) + base
  for (let r = 0; r < keys; r++) {
    const at = (<usize>(r * strideK)) << 2
    memory.fill(keyGrad + at, 0, (<usize>size) << 2)
    memory.fill(valueGrad + at, 0, (<usize>size) << 2)
  }

  for (let g = 0; g < group; g++) {
    const head = pair * group + g
    for (let q = 0; q < keys; q += BLOCK) {
      const rows = min(BLOCK, keys - q)
      const seen = causal ? q + rows : keys
      const at = (<usize>(start + q) * <usize>strideQ + <usize>(head * size)) << 2
      packRows(pointer(0) + at, strideQ, rows, size, packed)
      multiplyPanels(
        packed,
        keyPanels,
        (<usize>size) << 5,
        rows,
        seen,
        size,
        scores,
        padded,
        REPLACE,
        0,
        spare,
      )
      packRows(pointer(12) + at, strideQ, rows, size, packed)
      multiplyPanels(
        packed,
        valuePanels,
        (<usize>size) << 5,
        rows,
        seen,
        size,
        slopes,
        padded,
        REPLACE,
        0,
        spare,
      )
      for (let r = 0; r < rows; r++) {
        const line = at + ((<usize>(r * strideQ)) << 2)
        const delta = dot(pointer(12) + line, pointer(3) + line, size)
        const lse = load<f32>(pointer(4) + ((<usize>((start + q + r) * heads + head)) << 2))
        const row = (<usize>(r * padded)) << 2
        const visible = causal ? q + r + 1 : keys
        // The gradient of a probability is that of what dropout left of it: dP = M dP'.
        const rowOf = (start + q + r) * heads + head
        if (int(17) != 0) dropRow(slopes + row, visible, start, rowOf)
        slopeRow(scores + row, slopes + row, visible, seen, scale, lse, delta)
        if (int(17) != 0) dropRow(scores + row, visible, start, rowOf)
      }
      // dV += P' dO and dK += dS' Q, the block's rows being the depth.
      packColumns(pointer(12) + at, strideQ, rows, size, panels, <usize>(BLOCK * 32))
      packColumnsAsRows(scores, padded, seen, rows, packed)
      multiplyPanels(
        packed,
        panels,
        <usize>(BLOCK * 32),
        seen,
        size,
        rows,
        valueGrad,
        strideK,
        ADD,
        0,
        spare,
      )
      packColumns(pointer(0) + at, strideQ, rows, size, panels, <usize>(BLOCK * 32))
      packColumnsAsRows(slopes, padded, seen, rows, packed)
      multiplyPanels(
        packed,
        panels,
        <usize>(BLOCK * 32),
        seen,
        size,
        rows,
        keyGrad,
        strideK,
        ADD,
        0,
        spare,
      )
      // dQ = dS K
      packRows(slopes, padded, rows, seen, packed)
      multiplyPanels(
        packed,
        keyColumns,
        (<usize>padded) << 5,
        rows,
        size,
        seen,
        pointer(13) + at,
        strideQ,
        REPLACE,
        0,
        spare,
      )
    }
  }
}

/** scores becomes P = exp(scale s - lse); slopes becomes dS = scale P (dP - delta). */
function slopeRow(
  scores: usize,
  slopes: usize,
  visible: i32,
  seen: i32,
  scale: f32,
  lse: f32,
  delta: f32,
): void {
  const factor = f32x4.splat(scale),
    shift = f32x4.splat(-lse),
    minus = f32x4.splat(-delta)
  let i = 0
  for (; i + 4 <= visible; i += 4) {
    const at = (<usize>i) << 2
    const p = exp4(madd(v128.load(scores + at), factor, shift))
    v128.store(scores + at, p)
    const d = f32x4.add(v128.load(slopes + at), minus)
    v128.store(slopes + at, f32x4.mul(f32x4.mul(p, d), factor))
  }
  for (; i < visible; i++) {
    const at = (<usize>i) << 2
    const p = exp1(load<f32>(scores + at) * scale - lse)
    store<f32>(scores + at, p)
    store<f32>(slopes + at, p * (load<f32>(slopes + at) - delta) * scale)
  }
  for (; i < seen; i++) {
    const at = (<usize>i) << 2
    store<f32>(scores + at, 0)
    store<f32>(slopes + at, 0)
  }
}

/** Job: rotates pairs (i, i + size/2) of each head by position x frequency (Su et al. 2021), out of
 * place. A tile is 16 tokens. Arguments: 0 x, 1 out, 2 tokens, 3 heads, 4 head size, 5 cosines and
 * 6 sines [positions, size/2], 7 positions, 8 sign. */
export function ropeTile(tile: i32): void {
  const heads = int(3),
    size = int(4),
    half = size / 2
  const sign = float(8)
  for (let t = tile * 16; t < min(int(2), tile * 16 + 16); t++) {
    const position = load<i32>(pointer(7) + ((<usize>t) << 2))
    const cosines = pointer(5) + ((<usize>(position * half)) << 2)
    const sines = pointer(6) + ((<usize>(position * half)) << 2)
    for (let h = 0; h < heads; h++) {
      const at = (<usize>(t * heads + h) * <usize>size) << 2
      const from = pointer(0) + at,
        to = pointer(1) + at
      for (let i = 0; i < half; i++) {
        const low = (<usize>i) << 2,
          high = (<usize>(i + half)) << 2
        const c = load<f32>(cosines + low),
          s = load<f32>(sines + low) * sign
        const x = load<f32>(from + low),
          y = load<f32>(from + high)
        store<f32>(to + low, x * c - y * s)
        store<f32>(to + high, y * c + x * s)
      }
    }
  }
}
