// C = A x B on the engine: packs B once, then tiles of C. Few rows (generation) skip the packing.
import { kernels, type Engine } from './engine.ts'

export interface Product {
  /** [rows, depth], or [depth, rows] when `transposeA`. */
  readonly a: number
  /** [depth, columns], or [columns, depth] when `transposeB`. */
  readonly b: number
  /** [rows, columns] */
  readonly c: number
  readonly rows: number
  readonly columns: number
  readonly depth: number
  readonly transposeA?: boolean
  readonly transposeB?: boolean
  /** Adds to C instead of replacing it. */
  readonly add?: boolean
  /** [columns], added to every row. */
  readonly bias?: number
}

/** Columns of C in one tile of a wide product; fewer when there would be too few tiles. */
const WIDEST = 512

export function matmul(engine: Engine, product: Product): void {
  const { b, columns, depth, transposeB = false, rows, transposeA = false } = product
  if (rows === 0 || columns === 0) return
  if (rows <= 4 && !transposeA) return multiplyFewRows(engine, product)
  const packed = packB(engine, b, depth, columns, transposeB)
  multiplyPacked(engine, packed, product)
  engine.free(packed)
}

/** B in panels; free it after use. Useful by itself when one B meets several A. */
export function packB(
  engine: Engine,
  b: number,
  depth: number,
  columns: number,
  transposed: boolean,
): number {
  const padded = Math.ceil(columns / 8) * 8
  const packed = engine.allocate(padded * depth * 4)
  const stride = transposed ? depth : columns
  const args = [b, stride, depth, columns, packed, transposed ? 1 : 0]
  engine.run(kernels.pack, Math.ceil(columns / 64), args)
  return packed
}

/** C = A x packed B. */
export function multiplyPacked(engine: Engine, packed: number, product: Product): void {
  const { a, c, rows, columns, depth, transposeA = false, add = false, bias = 0 } = product
  const rowTiles = Math.ceil(rows / 64)
  let chunk = Math.min(WIDEST, Math.ceil(columns / 8) * 8)
  // The tiling follows the shape only, never the number of threads.
  while (rowTiles * Math.ceil(columns / chunk) < 16 && chunk > 64) chunk = Math.ceil(chunk / 16) * 8
  const stride = transposeA ? rows : depth
  const mode = add ? 1 : bias ? 2 : 0
  const args = [a, stride, transposeA ? 1 : 0, packed, c, columns, rows, columns, depth, chunk]
  engine.run(kernels.gemm, rowTiles * Math.ceil(columns / chunk), [...args, mode, bias])
}

function multiplyFewRows(engine: Engine, product: Product): void {
  const { a, b, c, rows, columns, depth, transposeB = false, add = false, bias = 0 } = product
  const mode = add ? 1 : bias ? 2 : 0
  const args = [a, depth, 0, b, c, columns, rows, columns, depth, 0, mode, bias]
  const tail = [transposeB ? depth : columns, transposeB ? 1 : 0]
  engine.run(kernels.vector, Math.ceil(columns / 64), [...args, ...tail])
}
