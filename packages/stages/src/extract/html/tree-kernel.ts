// The inner loop of the block models in WebAssembly: eight rows at once through a run of trees. No tree is
// walked. Each leaf of a tree is a bit, and each split clears the bits of the leaves below its left
// child in the rows that go right; the lowest bit that is left is the row's leaf (Lucchese et al. 2015,
// QuickScorer). A split costs seven instructions for four rows and no branch depends on the data, so
// looking at all splits of a tree is faster than following six of them.
//
// Memory: eight sums, eight rows one after the other, the same feature by feature, then the trees. A tree
// is two addresses (end of its splits, end of the tree), its splits (address of the feature, threshold,
// bits to clear) and the values of its leaves, as doubles.
import { op, type, wasmModule } from '../../wasm-module.ts'

/** Rows that go through the trees together. */
export const lanes = 8
/** Numbers in a row. */
export const maxStride = 512
/** One bit each in a word. */
export const maxLeaves = 32

/** A tree as the kernel wants it. */
export interface BitTree {
  /** Feature, threshold, and the leaves on its left, of each split. */
  readonly splits: readonly {
    readonly feature: number
    readonly least: number
    readonly left: number
  }[]
  /** Values of the leaves from left to right. */
  readonly leaves: readonly number[]
}

export interface TreeKernel {
  /** Puts `from..to` of a matrix, one or more rows of `stride` numbers, into the lanes from `lane` on. */
  setRows(lane: number, rows: Float32Array, from: number, to: number, stride: number): void
  /** To be called when the rows are set. */
  transpose(stride: number): void
  readonly sums: Float64Array
  /** Adds the trees from..to to the sums. */
  add(from: number, to: number): void
}

const rowsAt = 8 * lanes
const headBytes = 8
const splitBytes = 12
const everyLane = Array.from({ length: lanes }, (_, lane) => lane)
const quarter = [0, 1, 2, 3]

// Parameters: a column of the first row, its end, where the column goes by feature, bytes of a row.
const [column, columnsEnd, target, bytesOfRow, address] = [0, 1, 2, 3, 4]
const row = (i: number): number => 5 + i
const pair = (i: number): number => 9 + i

/** Words of two vectors, numbered 0-3 and 4-7, in a new order. */
const words = (order: readonly number[]) =>
  op.i8x16Shuffle(order.flatMap((word) => quarter.map((byte) => 4 * word + byte)))

const transpose = {
  name: 'transpose',
  parameters: 4,
  locals: [type.i32, ...Array.from({ length: 8 }, () => type.v128)],
  body: [
    [op.loop],
    [op.get(column), op.set(address)],
    ...[0, 16].flatMap((half) => [
      ...quarter.flatMap((i) => [
        [op.get(address), op.v128Load(0), op.set(row(i))],
        [op.get(address), op.get(bytesOfRow), op.i32Add, op.set(address)],
      ]),
      [op.get(row(0)), op.get(row(1)), words([0, 4, 1, 5]), op.set(pair(0))],
      [op.get(row(2)), op.get(row(3)), words([0, 4, 1, 5]), op.set(pair(1))],
      [op.get(row(0)), op.get(row(1)), words([2, 6, 3, 7]), op.set(pair(2))],
      [op.get(row(2)), op.get(row(3)), words([2, 6, 3, 7]), op.set(pair(3))],
      ...quarter.flatMap((i) => [
        [op.get(target), op.get(pair(i & 2)), op.get(pair((i & 2) + 1))],
        [words(i & 1 ? [2, 3, 6, 7] : [0, 1, 4, 5]), op.v128Store(4 * lanes * i + half)],
      ]),
    ]),
    [op.get(target), op.i32(16 * lanes), op.i32Add, op.set(target)],
    [op.get(column), op.i32(16), op.i32Add, op.tee(column)],
    [op.get(columnsEnd), op.i32LessUnsigned, op.brIf(0)],
    [op.end],
  ],
}

// Parameters: first tree, end of the last one.
const [tree, treesEnd, split, splitsEnd, feature] = [0, 1, 2, 3, 4]
const vectors = [0, 1]
const mask = (v: number): number => 5 + v
const [threshold, cleared] = [7, 8]
const sum = (lane: number): number => 9 + lane

const addTrees = {
  name: 'addTrees',
  parameters: 2,
  locals: [
    ...[split, splitsEnd, feature].map(() => type.i32),
    ...[...vectors, threshold, cleared].map(() => type.v128),
    ...everyLane.map(() => type.f64),
  ],
  body: [
    ...everyLane.map((lane) => [op.i32(0), op.f64Load(8 * lane), op.set(sum(lane))]),
    [op.loop],
    [op.get(tree), op.i32Load(0), op.set(splitsEnd)],
    [op.get(tree), op.i32(headBytes), op.i32Add, op.set(split)],
    ...vectors.map((v) => [op.i32(-1), op.i32x4Splat, op.set(mask(v))]),
    [op.loop],
    [op.get(split), op.i32Load(0), op.set(feature)],
    [op.get(split), op.v128LoadSplat32(4), op.set(threshold)],
    [op.get(split), op.v128LoadSplat32(8), op.set(cleared)],
    ...vectors.flatMap((v) => [
      [op.get(mask(v)), op.get(feature), op.v128Load(16 * v), op.get(threshold)],
      [op.f32x4Greater, op.get(cleared), op.v128And, op.v128AndNot, op.set(mask(v))],
    ]),
    [op.get(split), op.i32(splitBytes), op.i32Add, op.tee(split)],
    [op.get(splitsEnd), op.i32LessUnsigned, op.brIf(0)],
    [op.end],
    ...everyLane.flatMap((lane) => [
      [op.get(sum(lane)), op.get(mask(lane >> 2)), op.i32x4ExtractLane(lane & 3)],
      [op.i32TrailingZeros, op.i32(3), op.i32ShiftLeft, op.get(splitsEnd), op.i32Add],
      [op.f64Load(0), op.f64Add, op.set(sum(lane))],
    ]),
    [op.get(tree), op.i32Load(4), op.tee(tree)],
    [op.get(treesEnd), op.i32LessUnsigned, op.brIf(0)],
    [op.end],
    ...everyLane.map((lane) => [op.i32(0), op.get(sum(lane)), op.f64Store(8 * lane)]),
  ],
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  transpose(this: void, column: number, end: number, target: number, rowBytes: number): void
  addTrees(this: void, tree: number, treesEnd: number): void
}

/** Puts the trees into a memory of their own; rows are `width` features long. */
export function treeKernel(trees: readonly BitTree[], width: number): TreeKernel {
  // Four columns are turned at a time, the last ones with what stands behind them.
  const columnBytes = 16 * Math.ceil(width / 4)
  const featuresAt = rowsAt + 4 * lanes * maxStride + 16
  const starts = [featuresAt + lanes * columnBytes]
  for (const { splits, leaves } of trees)
    starts.push((starts.at(-1) ?? 0) + headBytes + splitBytes * splits.length + 8 * leaves.length)
  const pages = Math.ceil((starts.at(-1) ?? 0) / 65_536)
  const module = new WebAssembly.Module(wasmModule(pages, [transpose, addTrees]))
  const kernel = new WebAssembly.Instance(module, {}).exports as Exports
  const { buffer } = kernel.memory
  const view = new DataView(buffer)
  trees.forEach(({ splits, leaves }, t) => {
    const start = starts[t] ?? 0
    const leavesAt = start + headBytes + splitBytes * splits.length
    view.setInt32(start, leavesAt, true)
    view.setInt32(start + 4, starts[t + 1] ?? 0, true)
    splits.forEach((each, i) => {
      const at = start + headBytes + splitBytes * i
      view.setInt32(at, featuresAt + 4 * lanes * each.feature, true)
      view.setFloat32(at + 4, each.least, true)
      view.setInt32(at + 8, each.left, true)
    })
    leaves.forEach((value, i) => view.setFloat64(leavesAt + 8 * i, value, true))
  })
  const table = new Float32Array(buffer, rowsAt, lanes * maxStride)
  return {
    setRows: (lane, rows, from, to, stride) => table.set(rows.subarray(from, to), lane * stride),
    transpose: (stride) => kernel.transpose(rowsAt, rowsAt + columnBytes, featuresAt, 4 * stride),
    sums: new Float64Array(buffer, 0, lanes),
    add: (from, to) => kernel.addTrees(starts[from] ?? 0, starts[to] ?? 0),
  }
}
