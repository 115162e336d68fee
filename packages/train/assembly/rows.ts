// Kernels over rows: normalisation, gathering and scattering of embeddings, softmax with
// cross-entropy, column sums. A tile is a block of rows, or a block of columns where a sum runs
// over rows, so that every sum has one fixed order.
import { float, int, pointer } from './job'
import { exp1, exp4, max4, sum4 } from './math'

/** Rows in one tile. */
const ROWS: i32 = 32
/** Columns in one tile of a sum over rows: one 64-byte line. */
const COLUMNS: i32 = 16

/**
 * Job: LayerNorm (Ba et al. 2016), or RMSNorm (Zhang and Sennrich 2019) when 8 is set. Arguments:
 * 0 x, 1 weight, 2 bias or 0, 3 out, 4 statistics [rows, 2] = mean and 1/deviation, 5 rows,
 * 6 columns, 7 epsilon, 8 root-mean-square.
 */
export function normTile(tile: i32): void {
  const columns = int(6),
    root = int(8) != 0
  const bias = pointer(2)
  for (let row = tile * ROWS; row < min(int(5), (tile + 1) * ROWS); row++) {
    const x = pointer(0) + ((<usize>row * <usize>columns) << 2)
    const out = pointer(3) + ((<usize>row * <usize>columns) << 2)
    let mean: f32 = 0
    if (!root) {
      let sums = f32x4.splat(0)
      let i = 0
      for (; i + 4 <= columns; i += 4) sums = f32x4.add(sums, v128.load(x + ((<usize>i) << 2)))
      mean = sum4(sums)
      for (; i < columns; i++) mean += load<f32>(x + ((<usize>i) << 2))
      mean /= <f32>columns
    }
    const shift = f32x4.splat(mean)
    let squares = f32x4.splat(0)
    let i = 0
    for (; i + 4 <= columns; i += 4) {
      const d = f32x4.sub(v128.load(x + ((<usize>i) << 2)), shift)
      squares = f32x4.add(squares, f32x4.mul(d, d))
    }
    let variance = sum4(squares)
    for (; i < columns; i++) {
      const d = load<f32>(x + ((<usize>i) << 2)) - mean
      variance += d * d
    }
    const inverse: f32 = 1 / sqrt<f32>(variance / <f32>columns + float(7))
    store<f32>(pointer(4) + ((<usize>row) << 3), mean)
    store<f32>(pointer(4) + ((<usize>row) << 3), inverse, 4)
    const scale = f32x4.splat(inverse)
    for (i = 0; i + 4 <= columns; i += 4) {
      const at = (<usize>i) << 2
      let y = f32x4.mul(f32x4.sub(v128.load(x + at), shift), scale)
      y = f32x4.mul(y, v128.load(pointer(1) + at))
      if (bias != 0) y = f32x4.add(y, v128.load(bias + at))
      v128.store(out + at, y)
    }
    for (; i < columns; i++) {
      const at = (<usize>i) << 2
      let y = (load<f32>(x + at) - mean) * inverse * load<f32>(pointer(1) + at)
      if (bias != 0) y += load<f32>(bias + at)
      store<f32>(out + at, y)
    }
  }
}

/** Job: gradient by x. Arguments: 0 x, 1 weight, 2 gradient of out, 3 gradient of x, 4..8 as above. */
export function normGradTile(tile: i32): void {
  const columns = int(6),
    root = int(8) != 0
  for (let row = tile * ROWS; row < min(int(5), (tile + 1) * ROWS); row++) {
    const base = (<usize>row * <usize>columns) << 2
    const x = pointer(0) + base,
      dy = pointer(2) + base,
      out = pointer(3) + base
    const mean = load<f32>(pointer(4) + ((<usize>row) << 3))
    const inverse = load<f32>(pointer(4) + ((<usize>row) << 3), 4)
    const shift = f32x4.splat(mean),
      scale = f32x4.splat(inverse)
    let sums = f32x4.splat(0),
      products = f32x4.splat(0)
    let i = 0
    for (; i + 4 <= columns; i += 4) {
      const at = (<usize>i) << 2
      const g = f32x4.mul(v128.load(dy + at), v128.load(pointer(1) + at))
      const hat = f32x4.mul(f32x4.sub(v128.load(x + at), shift), scale)
      sums = f32x4.add(sums, g)
      products = f32x4.add(products, f32x4.mul(g, hat))
    }
    let sum = sum4(sums),
      product = sum4(products)
    for (; i < columns; i++) {
      const at = (<usize>i) << 2
      const g = load<f32>(dy + at) * load<f32>(pointer(1) + at)
      sum += g
      product += g * (load<f32>(x + at) - mean) * inverse
    }
    sum = root ? 0 : sum / <f32>columns
    product /= <f32>columns
    const sum4s = f32x4.splat(sum),
      product4s = f32x4.splat(product)
    for (i = 0; i + 4 <= columns; i += 4) {
      const at = (<usize>i) << 2
      const g = f32x4.mul(v128.load(dy + at), v128.load(pointer(1) + at))
      const hat = f32x4.mul(f32x4.sub(v128.load(x + at), shift), scale)
      const d = f32x4.sub(f32x4.sub(g, sum4s), f32x4.mul(hat, product4s))
      v128.store(out + at, f32x4.mul(d, scale))
    }
    for (; i < columns; i++) {
      const at = (<usize>i) << 2
      const g = load<f32>(dy + at) * load<f32>(pointer(1) + at)
      const hat = (load<f32>(x + at) - mean) * inverse
      store<f32>(out + at, (g - sum - hat * product) * inverse)
    }
  }
}

/** Job: gradients of weight and bias, a tile of columns. Arguments: 0 x, 1 gradient of weight,
 * 2 gradient of out, 3 gradient of bias or 0, 4 statistics, 5 rows, 6 columns. */
export function normWeightGradTile(tile: i32): void {
  const rows = int(5),
    columns = int(6)
  const end = min(columns, (tile + 1) * COLUMNS)
  for (let j = tile * COLUMNS; j < end; j += 4) {
    if (j + 4 <= end) {
      let weight = f32x4.splat(0),
        bias = f32x4.splat(0)
      for (let row = 0; row < rows; row++) {
        const at = (<usize>row * <usize>columns + <usize>j) << 2
        const statistics = pointer(4) + ((<usize>row) << 3)
        const dy = v128.load(pointer(2) + at)
        const d = f32x4.sub(v128.load(pointer(0) + at), v128.load_splat<f32>(statistics))
        const hat = f32x4.mul(d, v128.load_splat<f32>(statistics, 4))
        weight = f32x4.add(weight, f32x4.mul(dy, hat))
        bias = f32x4.add(bias, dy)
      }
      v128.store(pointer(1) + ((<usize>j) << 2), weight)
      if (pointer(3) != 0) v128.store(pointer(3) + ((<usize>j) << 2), bias)
    } else {
      for (let c = j; c < end; c++) {
        let weight: f32 = 0,
          bias: f32 = 0
        for (let row = 0; row < rows; row++) {
          const at = (<usize>row * <usize>columns + <usize>c) << 2
          const statistics = pointer(4) + ((<usize>row) << 3)
          const dy = load<f32>(pointer(2) + at)
          const hat =
            (load<f32>(pointer(0) + at) - load<f32>(statistics)) * load<f32>(statistics, 4)
          weight += dy * hat
          bias += dy
        }
        store<f32>(pointer(1) + ((<usize>c) << 2), weight)
        if (pointer(3) != 0) store<f32>(pointer(3) + ((<usize>c) << 2), bias)
      }
    }
  }
}

/** Job: sums over rows (gradient of a bias). Arguments: 0 x, 1 out, 2 rows, 3 columns. */
export function columnSumTile(tile: i32): void {
  const rows = int(2),
    columns = int(3)
  const end = min(columns, (tile + 1) * COLUMNS)
  let j = tile * COLUMNS
  for (; j + 4 <= end; j += 4) {
    let sum = f32x4.splat(0)
    let at = pointer(0) + ((<usize>j) << 2)
    for (let row = 0; row < rows; row++) {
      sum = f32x4.add(sum, v128.load(at))
      at += (<usize>columns) << 2
    }
    v128.store(pointer(1) + ((<usize>j) << 2), sum)
  }
  for (; j < end; j++) {
    let sum: f32 = 0
    for (let row = 0; row < rows; row++) {
      sum += load<f32>(pointer(0) + ((<usize>row * <usize>columns + <usize>j) << 2))
    }
    store<f32>(pointer(1) + ((<usize>j) << 2), sum)
  }
}

/** Job: out[i] = table[index[i]] (+ out[i] when 5 is set). Arguments: 0 table, 1 index, 2 out,
 * 3 rows, 4 columns, 5 add. */
export function gatherTile(tile: i32): void {
  const columns = int(4)
  for (let row = tile * ROWS; row < min(int(3), (tile + 1) * ROWS); row++) {
    const index = load<i32>(pointer(1) + ((<usize>row) << 2))
    const from = pointer(0) + ((<usize>index * <usize>columns) << 2)
    const to = pointer(2) + ((<usize>row * <usize>columns) << 2)
    if (int(5) == 0) {
      memory.copy(to, from, (<usize>columns) << 2)
      continue
    }
    for (let i = 0; i < columns; i++) {
      const at = (<usize>i) << 2
      store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at))
    }
  }
}

/** Job: table[index[i]] += x[i]; a tile is a block of columns, so equal indices never collide.
 * Arguments: 0 table (cleared by the caller), 1 index, 2 x, 3 rows, 4 columns. */
export function scatterTile(tile: i32): void {
  const columns = int(4)
  const from = tile * COLUMNS,
    to = min(columns, from + COLUMNS)
  for (let row = 0; row < int(3); row++) {
    const index = load<i32>(pointer(1) + ((<usize>row) << 2))
    const target = pointer(0) + ((<usize>index * <usize>columns) << 2)
    const source = pointer(2) + ((<usize>row * <usize>columns) << 2)
    let j = from
    for (; j + 4 <= to; j += 4) {
      const at = (<usize>j) << 2
      v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(source + at)))
    }
    for (; j < to; j++) {
      const at = (<usize>j) << 2
      store<f32>(target + at, load<f32>(target + at) + load<f32>(source + at))
    }
  }
}

/** Job: one row a tile: loss = log-sum-exp - logit[target]; logits become scale x (softmax - one-hot)
 * when 6 is set. A negative target is ignored. Arguments: 0 logits, 1 targets, 2 losses, 3 rows,
 * 4 columns, 5 scale, 6 gradient. */
export function crossEntropyTile(tile: i32): void {
  const columns = int(4)
  const target = load<i32>(pointer(1) + ((<usize>tile) << 2))
  const row = pointer(0) + ((<usize>tile * <usize>columns) << 2)
  if (target < 0) {
    store<f32>(pointer(2) + ((<usize>tile) << 2), 0)
    if (int(6) != 0) memory.fill(row, 0, (<usize>columns) << 2)
    return
  }
  let top = f32x4.splat(-Infinity)
  let i = 0
  for (; i + 4 <= columns; i += 4) top = f32x4.max(top, v128.load(row + ((<usize>i) << 2)))
  let highest = max4(top)
  for (; i < columns; i++) highest = max(highest, load<f32>(row + ((<usize>i) << 2)))
  const logit = load<f32>(row + ((<usize>target) << 2))
  const shift = f32x4.splat(highest)
  let sums = f32x4.splat(0)
  for (i = 0; i + 4 <= columns; i += 4) {
    const at = row + ((<usize>i) << 2)
    const e = exp4(f32x4.sub(v128.load(at), shift))
    v128.store(at, e)
    sums = f32x4.add(sums, e)
  }
  let sum = sum4(sums)
  for (; i < columns; i++) {
    const at = row + ((<usize>i) << 2)
    const e = exp1(load<f32>(at) - highest)
    store<f32>(at, e)
    sum += e
  }
  store<f32>(pointer(2) + ((<usize>tile) << 2), highest + <f32>Math.log(<f64>sum) - logit)
  if (int(6) == 0) return
  const factor = float(5) / sum
  const factors = f32x4.splat(factor)
  for (i = 0; i + 4 <= columns; i += 4) {
    const at = row + ((<usize>i) << 2)
    v128.store(at, f32x4.mul(v128.load(at), factors))
  }
  for (; i < columns; i++) {
    const at = row + ((<usize>i) << 2)
    store<f32>(at, load<f32>(at) * factor)
  }
  const at = row + ((<usize>target) << 2)
  store<f32>(at, load<f32>(at) - float(5))
}
