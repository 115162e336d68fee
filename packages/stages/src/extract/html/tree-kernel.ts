// The inner loops of the block models in WebAssembly: eight rows at once through a run of trees. No tree is
// walked. Each leaf of a tree is a bit, and each split clears the bits of the leaves below its left
// child in the rows that go right; the lowest bit that is left is the row's leaf (Lucchese et al. 2015,
// QuickScorer). A split costs seven instructions for four rows and no branch depends on the data. Before
// that, `measure` finds between which values the rows lie, and live-trees.ts writes the splits that are
// still open then.
//
// Memory: eight sums; addresses of the rows at hand; their least and largest values by column; eight rows
// feature by feature, of the columns that live trees look at; leaves; live trees; a matrix of rows, which are judged where they lie; pieces of rows
// (row-pieces.ts). A live tree is the address of the next one, of its leaves, the bits of leaves that can be
// reached, and its splits: address of the feature, threshold, bits to clear.
import { op, type, wasmModule } from '../../wasm-module.ts'
import { copyPieces, type CopyPieces, type Piece, type RowMemory } from './row-pieces.ts'

/** Rows that go through the trees together. */
export const lanes = 8
/** Rows that are measured together: all of a usual page. */
export const chunkRows = 4096
/** One bit each in a word. */
export const maxLeaves = 32

/** A tree whose leaves are bits. */
export interface BitTree {
  /** Parents before children. Rows with more than `least` go right; `left` and `right` are the leaves there. */
  readonly splits: readonly {
    readonly feature: number
    readonly least: number
    readonly left: number
    readonly right: number
  }[]
  /** Values of the leaves from left to right. */
  readonly leaves: readonly number[]
}

/** Words of a live tree before its splits, and of a split. */
export const headWords = 3
export const splitWords = 3

export interface TreeKernel {
  /** Room for rows, which are judged where they lie, and for what they are made of. */
  readonly memory: RowMemory
  /** Addresses of the rows at hand; room for `chunkRows` and seven more. */
  readonly chosen: Int32Array
  /** By column, what `measure` found. */
  readonly least: Float32Array
  readonly largest: Float32Array
  /** The memory by words, for the writer of live trees, where they begin, and where each tree's leaves do. */
  readonly words: Int32Array
  readonly liveAt: number
  readonly leavesAt: Int32Array
  featureAddress(column: number): number
  readonly sums: Float64Array
  /**
   * Finds the least and largest value of each column of `chosen[0..count)`, filled up to eights; of the first
   * `known` columns they stay what they are.
   */
  measure(count: number, known: number): void
  /** First columns, in bytes, of groups of four that `setRows` shall look at. */
  readonly groups: Int32Array
  /** Puts the first so many groups of columns of `chosen[from..from + 8)` into the lanes. */
  setRows(from: number, columnGroups: number): void
  /** Adds the live trees between two addresses to the sums. */
  add(from: number, to: number): void
}

const everyLane = Array.from({ length: lanes }, (_, lane) => lane)
const quarter = [0, 1, 2, 3]

/**
 * Parameters: list of rows, its end (a whole number of eights on), bytes of columns from which and up to
 * which, least and largest values.
 */
const measure = (() => {
  const [list, listEnd, columnsStart, columnsEnd, least, largest, column, value, min, max] = [
    0, 1, 2, 3, 4, 5, 6, 15, 16, 17,
  ] as const
  const rowAt = (lane: number): number => 7 + lane
  return {
    name: 'measure',
    parameters: 6,
    locals: [
      ...[column, ...everyLane].map(() => type.i32),
      ...[value, min, max].map(() => type.v128),
    ],
    body: [
      [op.loop],
      ...everyLane.map((lane) => [op.get(list), op.i32Load(4 * lane), op.set(rowAt(lane))]),
      [op.get(columnsStart), op.set(column)],
      [op.loop],
      [op.get(least), op.get(column), op.i32Add, op.v128Load(0), op.set(min)],
      [op.get(largest), op.get(column), op.i32Add, op.v128Load(0), op.set(max)],
      ...everyLane.flatMap((lane) => [
        [op.get(rowAt(lane)), op.get(column), op.i32Add, op.v128Load(0), op.set(value)],
        [op.get(min), op.get(value), op.f32x4PseudoMin, op.set(min)],
        [op.get(max), op.get(value), op.f32x4PseudoMax, op.set(max)],
      ]),
      [op.get(least), op.get(column), op.i32Add, op.get(min), op.v128Store(0)],
      [op.get(largest), op.get(column), op.i32Add, op.get(max), op.v128Store(0)],
      [op.get(column), op.i32(16), op.i32Add, op.tee(column)],
      [op.get(columnsEnd), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
      [op.get(list), op.i32(4 * lanes), op.i32Add, op.tee(list)],
      [op.get(listEnd), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
    ],
  }
})()

/** Words of two vectors, numbered 0-3 and 4-7, in a new order. */
const words = (order: readonly number[]) =>
  op.i8x16Shuffle(order.flatMap((word) => quarter.map((byte) => 4 * word + byte)))

/**
 * Parameters: list of eight rows, list of columns (every fourth, in bytes) and its end, where the columns go.
 * Four columns are turned at a time.
 */
const transpose = (() => {
  const [list, columns, columnsEnd, start, column, target] = [0, 1, 2, 3, 4, 5] as const
  const rowAt = (lane: number): number => 6 + lane
  const [row, pair] = [(i: number) => 14 + i, (i: number) => 18 + i]
  return {
    name: 'transpose',
    parameters: 4,
    locals: [
      ...[column, target, ...everyLane].map(() => type.i32),
      ...[...quarter, ...quarter].map(() => type.v128),
    ],
    body: [
      ...everyLane.map((lane) => [op.get(list), op.i32Load(4 * lane), op.set(rowAt(lane))]),
      [op.loop],
      [op.get(columns), op.i32Load(0), op.tee(column)],
      [op.i32(3), op.i32ShiftLeft, op.get(start), op.i32Add, op.set(target)],
      ...[0, 4].flatMap((half) => [
        ...quarter.map((i) => [
          op.get(rowAt(half + i)),
          op.get(column),
          op.i32Add,
          op.v128Load(0),
          op.set(row(i)),
        ]),
        [op.get(row(0)), op.get(row(1)), words([0, 4, 1, 5]), op.set(pair(0))],
        [op.get(row(2)), op.get(row(3)), words([0, 4, 1, 5]), op.set(pair(1))],
        [op.get(row(0)), op.get(row(1)), words([2, 6, 3, 7]), op.set(pair(2))],
        [op.get(row(2)), op.get(row(3)), words([2, 6, 3, 7]), op.set(pair(3))],
        ...quarter.flatMap((i) => [
          [op.get(target), op.get(pair(i & 2)), op.get(pair((i & 2) + 1))],
          [words(i & 1 ? [2, 3, 6, 7] : [0, 1, 4, 5]), op.v128Store(4 * lanes * i + 4 * half)],
        ]),
      ]),
      [op.get(columns), op.i32(4), op.i32Add, op.tee(columns)],
      [op.get(columnsEnd), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
    ],
  }
})()

/** Parameters: first live tree, end of the last one; at least one. */
const addTrees = (() => {
  const [tree, treesEnd, split, next, leaves, feature] = [0, 1, 2, 3, 4, 5] as const
  const vectors = [0, 1]
  const mask = (v: number): number => 6 + v
  const [threshold, cleared, value] = [8, 9, 10] as const
  const sum = (lane: number): number => 11 + lane
  return {
    name: 'addTrees',
    parameters: 2,
    locals: [
      ...[split, next, leaves, feature].map(() => type.i32),
      ...[...vectors, threshold, cleared].map(() => type.v128),
      ...[value, ...everyLane].map(() => type.f64),
    ],
    body: [
      ...everyLane.map((lane) => [op.i32(0), op.f64Load(8 * lane), op.set(sum(lane))]),
      [op.loop],
      [op.get(tree), op.i32Load(0), op.set(next)],
      [op.get(tree), op.i32Load(4), op.set(leaves)],
      [op.get(tree), op.i32(4 * headWords), op.i32Add, op.set(split)],
      [op.block, op.block],
      [op.get(split), op.get(next), op.i32LessUnsigned, op.i32EqualZero, op.brIf(0)],
      ...vectors.map((v) => [op.get(tree), op.v128LoadSplat32(8), op.set(mask(v))]),
      [op.loop],
      [op.get(split), op.i32Load(0), op.set(feature)],
      [op.get(split), op.v128LoadSplat32(4), op.set(threshold)],
      [op.get(split), op.v128LoadSplat32(8), op.set(cleared)],
      ...vectors.flatMap((v) => [
        [op.get(mask(v)), op.get(feature), op.v128Load(16 * v), op.get(threshold)],
        [op.f32x4Greater, op.get(cleared), op.v128And, op.v128AndNot, op.set(mask(v))],
      ]),
      [op.get(split), op.i32(4 * splitWords), op.i32Add, op.tee(split)],
      [op.get(next), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
      ...everyLane.flatMap((lane) => [
        [op.get(sum(lane)), op.get(mask(lane >> 2)), op.i32x4ExtractLane(lane & 3)],
        [op.i32TrailingZeros, op.i32(3), op.i32ShiftLeft, op.get(leaves), op.i32Add],
        [op.f64Load(0), op.f64Add, op.set(sum(lane))],
      ]),
      [op.br(1), op.end],
      // No split is left: all rows have the same leaf.
      [op.get(tree), op.i32Load(8), op.i32TrailingZeros, op.i32(3), op.i32ShiftLeft],
      [op.get(leaves), op.i32Add, op.f64Load(0), op.set(value)],
      ...everyLane.map((lane) => [op.get(sum(lane)), op.get(value), op.f64Add, op.set(sum(lane))]),
      [op.end],
      [op.get(next), op.tee(tree)],
      [op.get(treesEnd), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
      ...everyLane.map((lane) => [op.i32(0), op.get(sum(lane)), op.f64Store(8 * lane)]),
    ],
  }
})()

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  measure(
    this: void,
    list: number,
    listEnd: number,
    columnsStart: number,
    columnsEnd: number,
    least: number,
    largest: number,
  ): void
  transpose(this: void, list: number, columns: number, columnsEnd: number, target: number): void
  addTrees(this: void, tree: number, treesEnd: number): void
}

type CopyBytes = (row: number, a: number, b: number, c: number, d: number, e: number) => void

export interface RowRoom {
  readonly rowRoom: number
  readonly pieceRoom: number
  /** What is copied into rows, in one or more layouts. */
  readonly layouts: readonly (readonly Piece[])[]
}

/** A memory for these trees, which look at `columns` columns of rows, with room for rows of them. */
export function treeKernel(
  trees: readonly BitTree[],
  columns: number,
  { rowRoom, pieceRoom, layouts }: RowRoom,
): TreeKernel {
  // Four columns are read at a time, the last ones with what stands behind them.
  const columnBytes = 16 * Math.ceil(columns / 4)
  const splits = trees.reduce((sum, tree) => sum + tree.splits.length, 0)
  const leaves = trees.reduce((sum, tree) => sum + tree.leaves.length, 0)
  let bytes = 0
  const place = (size: number): number => {
    const at = bytes
    bytes += 64 * Math.ceil(size / 64)
    return at
  }
  place(8 * lanes)
  const chosenAt = place(4 * (chunkRows + lanes - 1))
  const leastAt = place(columnBytes)
  const largestAt = place(columnBytes)
  const featuresAt = place(lanes * columnBytes)
  const groupsAt = place(columnBytes / 4)
  const valuesAt = place(8 * leaves)
  const liveAt = place(4 * (headWords * trees.length + splitWords * splits))
  const rowsAt = place(4 * rowRoom + columnBytes)
  const piecesAt = place(4 * pieceRoom)
  const copies = layouts.map((layout, i) => copyPieces(`copy${i}`, layout))
  const functions = [measure, transpose, addTrees, ...copies]
  const code = wasmModule(Math.ceil(bytes / 65_536), functions)
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), {})
  const kernel = instance.exports as Exports & Readonly<Record<string, unknown>>
  const copiers = copies.map(({ name }): CopyPieces => {
    const copy = kernel[name] as CopyBytes
    return (row, a, b, c, d, e = 0) => copy(4 * row, 4 * a, 4 * b, 4 * c, 4 * d, 4 * e)
  })
  const { buffer } = kernel.memory
  const numbers = new Float32Array(buffer)
  const values = new Float64Array(buffer, valuesAt, leaves)
  const least = new Float32Array(buffer, leastAt, columns)
  const largest = new Float32Array(buffer, largestAt, columns)
  const leavesAt = new Int32Array(trees.length)
  let placed = 0
  trees.forEach((tree, i) => {
    leavesAt[i] = valuesAt + 8 * placed
    values.set(tree.leaves, placed)
    placed += tree.leaves.length
  })
  return {
    memory: {
      numbers,
      rowsAt: rowsAt >> 2,
      piecesAt: piecesAt >> 2,
      copiers,
    },
    chosen: new Int32Array(buffer, chosenAt, chunkRows + lanes - 1),
    least,
    largest,
    groups: new Int32Array(buffer, groupsAt, columnBytes / 16),
    words: new Int32Array(buffer),
    liveAt,
    leavesAt,
    featureAddress: (column) => featuresAt + 4 * lanes * column,
    sums: new Float64Array(buffer, 0, lanes),
    measure: (count, known) => {
      const first = known - (known % 4)
      least.fill(Infinity, first)
      largest.fill(-Infinity, first)
      const stop = chosenAt + 4 * count
      kernel.measure(chosenAt, stop, 4 * first, columnBytes, leastAt, largestAt)
    },
    setRows: (from, columnGroups) => {
      if (columnGroups === 0) return
      const stop = groupsAt + 4 * columnGroups
      kernel.transpose(chosenAt + 4 * from, groupsAt, stop, featuresAt)
    },
    add: (from, to) => kernel.addTrees(from, to),
  }
}
