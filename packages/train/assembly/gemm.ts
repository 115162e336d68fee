// Matrix product in the panel form of Goto and van de Geijn (2008): B is packed once into panels of
// eight columns, each tile packs its own rows of A into panels of four, and a 4 x 8 micro-kernel
// keeps C in eight registers.
//
// The shape is measured, not chosen: 6 x 8, 3 x 16, 4 x 12, 8 x 4 and any unrolling over k spill
// registers in V8 and run at half the speed. Packing costs (1/M + 1/N) of the arithmetic.
import { int, pointer, scratchMemory } from './job'
import { madd } from './math'

/** Depth of one panel: 8 columns x 256 x 4 bytes stay in the first-level cache. */
const DEPTH: i32 = 256
/** Rows of C in one tile: a packed A block of 64 KiB stays in the second-level cache. */
const ROWS: i32 = 64

/** Panels of 8 columns of a row-major [depth, columns] matrix: out[panel][k][8], padded with 0. */
export function packColumns(
  source: usize,
  stride: i32,
  depth: i32,
  columns: i32,
  out: usize,
  panelStride: usize,
): void {
  const step = (<usize>stride) << 2
  for (let j = 0; j < columns; j += 8) {
    let from = source + ((<usize>j) << 2)
    let to = out
    if (j + 8 <= columns) {
      for (let k = 0; k < depth; k++) {
        v128.store(to, v128.load(from))
        v128.store(to, v128.load(from, 16), 16)
        from += step
        to += 32
      }
    } else {
      const rest = columns - j
      for (let k = 0; k < depth; k++) {
        for (let c = 0; c < 8; c++) {
          const at = (<usize>c) << 2
          store<f32>(to + at, c < rest ? load<f32>(from + at) : 0)
        }
        from += step
        to += 32
      }
    }
    out += panelStride
  }
}

/** Panels of 8 rows of a row-major [columns, depth] matrix, transposed: out[panel][k][8]. */
export function packRowsAsColumns(
  source: usize,
  stride: i32,
  depth: i32,
  columns: i32,
  out: usize,
  panelStride: usize,
): void {
  const step = (<usize>stride) << 2
  for (let j = 0; j < columns; j += 8) {
    const rest = min(8, columns - j)
    for (let half = 0; half < 8; half += 4) {
      const from = source + <usize>(j + half) * step
      transpose4(from, step, depth, min(4, max(0, rest - half)), out + ((<usize>half) << 2), 32)
    }
    out += panelStride
  }
}

/** Panels of 4 rows of a row-major [rows, depth] matrix: out[panel][k][4], padded with 0. */
export function packRows(source: usize, stride: i32, rows: i32, depth: i32, out: usize): void {
  const step = (<usize>stride) << 2
  for (let i = 0; i < rows; i += 4) {
    transpose4(source + <usize>i * step, step, depth, min(4, rows - i), out, 16)
    out += (<usize>depth) << 4
  }
}

/** Panels of 4 columns of a row-major [depth, rows] matrix: out[panel][k][4], padded with 0. */
export function packColumnsAsRows(
  source: usize,
  stride: i32,
  rows: i32,
  depth: i32,
  out: usize,
): void {
  const step = (<usize>stride) << 2
  for (let i = 0; i < rows; i += 4) {
    let from = source + ((<usize>i) << 2)
    if (i + 4 <= rows) {
      for (let k = 0; k < depth; k++) {
        v128.store(out, v128.load(from))
        from += step
        out += 16
      }
    } else {
      const rest = rows - i
      for (let k = 0; k < depth; k++) {
        for (let c = 0; c < 4; c++) {
          const at = (<usize>c) << 2
          store<f32>(out + at, c < rest ? load<f32>(from + at) : 0)
        }
        from += step
        out += 16
      }
    }
  }
}

/** Writes up to four rows as columns: out[k * pitch + row]. Missing rows become 0. */
function transpose4(
  from: usize,
  step: usize,
  depth: i32,
  rows: i32,
  out: usize,
  pitch: usize,
): void {
  if (rows == 4) {
    const r0 = from,
      r1 = from + step,
      r2 = from + 2 * step,
      r3 = from + 3 * step
    let k = 0
    for (; k + 4 <= depth; k += 4) {
      const at = (<usize>k) << 2
      const a = v128.load(r0 + at),
        b = v128.load(r1 + at)
      const c = v128.load(r2 + at),
        d = v128.load(r3 + at)
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5),
        cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
      const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7),
        gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
      v128.store(out, v128.shuffle<i32>(ab, cd, 0, 1, 4, 5))
      v128.store(out + pitch, v128.shuffle<i32>(ab, cd, 2, 3, 6, 7))
      v128.store(out + 2 * pitch, v128.shuffle<i32>(ef, gh, 0, 1, 4, 5))
      v128.store(out + 3 * pitch, v128.shuffle<i32>(ef, gh, 2, 3, 6, 7))
      out += 4 * pitch
    }
    for (; k < depth; k++) {
      const at = (<usize>k) << 2
      store<f32>(out, load<f32>(r0 + at))
      store<f32>(out, load<f32>(r1 + at), 4)
      store<f32>(out, load<f32>(r2 + at), 8)
      store<f32>(out, load<f32>(r3 + at), 12)
      out += pitch
    }
    return
  }
  for (let k = 0; k < depth; k++) {
    for (let r = 0; r < 4; r++) {
      const value: f32 = r < rows ? load<f32>(from + <usize>r * step + ((<usize>k) << 2)) : 0
      store<f32>(out + ((<usize>r) << 2), value)
    }
    out += pitch
  }
}

/** How a finished block meets C: replace, add to it, or replace with a bias added. */
export const REPLACE: i32 = 0
export const ADD: i32 = 1
export const BIAS: i32 = 2

/** One 4 x 8 block: C[4, 8] (mode) = A panel x B panel over `depth`. */
function micro(
  a: usize,
  b: usize,
  depth: i32,
  c: usize,
  step: usize,
  mode: i32,
  bias: usize,
): void {
  let c00 = f32x4.splat(0),
    c01 = f32x4.splat(0)
  let c10 = f32x4.splat(0),
    c11 = f32x4.splat(0)
  let c20 = f32x4.splat(0),
    c21 = f32x4.splat(0)
  let c30 = f32x4.splat(0),
    c31 = f32x4.splat(0)
  const end = a + ((<usize>depth) << 4)
  while (a < end) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    let s = v128.load_splat<f32>(a)
    c00 = madd(s, b0, c00)
    c01 = madd(s, b1, c01)
    s = v128.load_splat<f32>(a, 4)
    c10 = madd(s, b0, c10)
    c11 = madd(s, b1, c11)
    s = v128.load_splat<f32>(a, 8)
    c20 = madd(s, b0, c20)
    c21 = madd(s, b1, c21)
    s = v128.load_splat<f32>(a, 12)
    c30 = madd(s, b0, c30)
    c31 = madd(s, b1, c31)
    a += 16
    b += 32
  }
  const d = c + step,
    e = d + step,
    f = e + step
  if (mode == ADD) {
    c00 = f32x4.add(c00, v128.load(c))
    c01 = f32x4.add(c01, v128.load(c, 16))
    c10 = f32x4.add(c10, v128.load(d))
    c11 = f32x4.add(c11, v128.load(d, 16))
    c20 = f32x4.add(c20, v128.load(e))
    c21 = f32x4.add(c21, v128.load(e, 16))
    c30 = f32x4.add(c30, v128.load(f))
    c31 = f32x4.add(c31, v128.load(f, 16))
  } else if (mode == BIAS) {
    const low = v128.load(bias),
      high = v128.load(bias, 16)
    c00 = f32x4.add(c00, low)
    c01 = f32x4.add(c01, high)
    c10 = f32x4.add(c10, low)
    c11 = f32x4.add(c11, high)
    c20 = f32x4.add(c20, low)
    c21 = f32x4.add(c21, high)
    c30 = f32x4.add(c30, low)
    c31 = f32x4.add(c31, high)
  }
  v128.store(c, c00)
  v128.store(c, c01, 16)
  v128.store(d, c10)
  v128.store(d, c11, 16)
  v128.store(e, c20)
  v128.store(e, c21, 16)
  v128.store(f, c30)
  v128.store(f, c31, 16)
}

/** A block at the edge of C: computed into `spare` (128 bytes), then copied as far as C reaches. */
function microEdge(
  a: usize,
  b: usize,
  depth: i32,
  c: usize,
  step: usize,
  mode: i32,
  bias: usize,
  rows: i32,
  columns: i32,
  spare: usize,
): void {
  micro(a, b, depth, spare, 32, REPLACE, 0)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = c + <usize>i * step + ((<usize>j) << 2)
      let value = load<f32>(spare + ((<usize>(i * 8 + j)) << 2))
      if (mode == ADD) value += load<f32>(at)
      else if (mode == BIAS) value += load<f32>(bias + ((<usize>j) << 2))
      store<f32>(at, value)
    }
  }
}

/** C[rows, columns] (mode) = packed A x packed B. `stride` of C in floats. */
export function multiplyPanels(
  a: usize,
  b: usize,
  panelStride: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  c: usize,
  stride: i32,
  mode: i32,
  bias: usize,
  spare: usize,
): void {
  const step = (<usize>stride) << 2
  const aStride = (<usize>depth) << 4
  for (let j = 0; j < columns; j += 8) {
    const width = min(8, columns - j)
    let panel = a
    const biasAt = bias + ((<usize>j) << 2)
    for (let i = 0; i < rows; i += 4) {
      const at = c + <usize>i * step + ((<usize>j) << 2)
      const height = min(4, rows - i)
      if (width == 8 && height == 4) micro(panel, b, depth, at, step, mode, biasAt)
      else microEdge(panel, b, depth, at, step, mode, biasAt, height, width, spare)
      panel += aStride
    }
    b += panelStride
  }
}

/** Job: packs B. Arguments: 0 source, 1 stride, 2 depth, 3 columns, 4 out, 5 transposed. */
export function packTile(tile: i32): void {
  const source = pointer(0),
    stride = int(1),
    depth = int(2),
    columns = int(3)
  const from = tile * 64
  const width = min(64, columns - from)
  const padded = (columns + 7) & ~7
  for (let k = 0; k < depth; k += DEPTH) {
    const height = min(DEPTH, depth - k)
    const panelStride = (<usize>height) << 5
    const out = pointer(4) + ((<usize>k * <usize>padded + <usize>from * <usize>height) << 2)
    if (int(5) != 0) {
      const at = source + ((<usize>from * <usize>stride + <usize>k) << 2)
      packRowsAsColumns(at, stride, height, width, out, panelStride)
    } else {
      const at = source + ((<usize>k * <usize>stride + <usize>from) << 2)
      packColumns(at, stride, height, width, out, panelStride)
    }
  }
}

/**
 * Job: one tile of C. Arguments: 0 A, 1 stride of A, 2 A transposed, 3 packed B, 4 C, 5 stride of C,
 * 6 rows, 7 columns, 8 depth, 9 columns per tile (a multiple of 8), 10 mode, 11 bias.
 */
export function gemmTile(tile: i32): void {
  const rows = int(6),
    columns = int(7),
    depth = int(8),
    chunk = int(9)
  const chunks = (columns + chunk - 1) / chunk
  const row = (tile / chunks) * ROWS,
    column = (tile % chunks) * chunk
  const height = min(ROWS, rows - row),
    width = min(chunk, columns - column)
  const stride = int(1),
    strideC = int(5)
  const padded = (columns + 7) & ~7
  const spare = scratchMemory()
  const packed = spare + 128
  const c = pointer(4) + ((<usize>row * <usize>strideC + <usize>column) << 2)
  const bias = pointer(11) + ((<usize>column) << 2)
  for (let k = 0; k < depth; k += DEPTH) {
    const part = min(DEPTH, depth - k)
    if (int(2) != 0) {
      const from = pointer(0) + ((<usize>k * <usize>stride + <usize>row) << 2)
      packColumnsAsRows(from, stride, height, part, packed)
    } else {
      const from = pointer(0) + ((<usize>row * <usize>stride + <usize>k) << 2)
      packRows(from, stride, height, part, packed)
    }
    const panels = pointer(3) + ((<usize>k * <usize>padded + <usize>column * <usize>part) << 2)
    const mode = k == 0 ? int(10) : ADD
    multiplyPanels(
      packed,
      panels,
      (<usize>part) << 5,
      height,
      width,
      part,
      c,
      strideC,
      mode,
      bias,
      spare,
    )
  }
}

/**
 * Job: C[rows, columns] = A x B without packing, for a few rows (generation reads each weight once).
 * Arguments as `gemmTile`, with 3 plain B, 12 stride of B, 13 B transposed. A tile is 64 columns.
 */
export function vectorTile(tile: i32): void {
  const rows = int(6),
    columns = int(7),
    depth = int(8)
  const from = tile * 64,
    to = min(columns, from + 64)
  const strideA = (<usize>int(1)) << 2,
    strideB = (<usize>int(12)) << 2,
    strideC = (<usize>int(5)) << 2
  for (let i = 0; i < rows; i++) {
    const a = pointer(0) + <usize>i * strideA
    const c = pointer(4) + <usize>i * strideC
    for (let j = from; j < to; j++) {
      const at = c + ((<usize>j) << 2)
      let start: f32 = 0
      if (int(10) == ADD) start = load<f32>(at)
      else if (int(10) == BIAS) start = load<f32>(pointer(11) + ((<usize>j) << 2))
      store<f32>(at, start)
    }
    if (int(13) != 0) {
      for (let j = from; j < to; j++) {
        const at = c + ((<usize>j) << 2)
        store<f32>(at, load<f32>(at) + dot(a, pointer(3) + <usize>j * strideB, depth))
      }
    } else {
      for (let k = 0; k < depth; k++) {
        const value = load<f32>(a + ((<usize>k) << 2))
        const b = pointer(3) + <usize>k * strideB
        const s = f32x4.splat(value)
        let j = from
        for (; j + 4 <= to; j += 4) {
          const at = c + ((<usize>j) << 2)
          v128.store(at, madd(s, v128.load(b + ((<usize>j) << 2)), v128.load(at)))
        }
        for (; j < to; j++) {
          const at = c + ((<usize>j) << 2)
          store<f32>(at, load<f32>(at) + value * load<f32>(b + ((<usize>j) << 2)))
        }
      }
    }
  }
}

/** Inner product of two vectors. */
export function dot(a: usize, b: usize, length: i32): f32 {
  let sum = f32x4.splat(0)
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const at = (<usize>i) << 2
    sum = madd(v128.load(a + at), v128.load(b + at), sum)
  }
  let total = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1)
  total += f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)
  for (; i < length; i++) {
    const at = (<usize>i) << 2
    total += load<f32>(a + at) * load<f32>(b + at)
  }
  return total
}
