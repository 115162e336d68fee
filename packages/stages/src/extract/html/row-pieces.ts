// Rows of numbers put together from pieces. Most of a block's row says what stands around it, and the
// thousand items of a list have that in common: it is computed once, as a piece, and copied into their
// rows. The copying is one WebAssembly function of plain vector moves, made for the layout: JavaScript
// needs about 2 ns for each number that it reads and writes, vectors a tenth of it.
import { op, type WasmFunction } from '../../wasm-module.ts'

/** Where a piece goes in a row, and where it is found: so many numbers behind one of the sources. */
export interface Piece {
  readonly column: number
  /** At least four. */
  readonly length: number
  readonly source: number
  readonly offset: number
}

/** Copies all pieces of a layout in order into the row at a place, from up to five sources. */
export type CopyPieces = (
  row: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e?: number,
) => void

/** One array of numbers with room for rows and for pieces; places are counted in numbers from its start. */
export interface RowMemory {
  readonly numbers: Float32Array
  readonly rowsAt: number
  readonly piecesAt: number
  /** One for each layout. */
  readonly copiers: readonly CopyPieces[]
}

/** Parameters: addresses of the row and of five sources. */
export const copyPieces = (name: string, layout: readonly Piece[]): WasmFunction => ({
  name,
  parameters: 6,
  locals: [],
  body: layout.flatMap(({ column, length, source, offset }) =>
    vectorStarts(length).map((start) => [
      op.get(0),
      op.get(1 + source),
      op.i32(4 * offset),
      op.i32Add,
      op.v128Load(4 * start),
      op.v128Store(4 * (column + start)),
    ]),
  ),
})

/** Fours of numbers that cover a length; the last two may overlap. */
function vectorStarts(length: number): number[] {
  const starts = Array.from({ length: length >> 2 }, (_, i) => 4 * i)
  return length % 4 === 0 ? starts : [...starts, length - 4]
}

/** The same without WebAssembly, for the trainer and as what the tests compare with. */
export function plainRowMemory(
  layouts: readonly (readonly Piece[])[],
  rowNumbers: number,
  pieceNumbers: number,
): RowMemory {
  const numbers = new Float32Array(rowNumbers + pieceNumbers)
  const copiers = layouts.map((layout): CopyPieces => (row, ...sources) => {
    for (const { column, length, source, offset } of layout) {
      const from = (sources[source] as number) + offset
      numbers.copyWithin(row + column, from, from + length)
    }
  })
  return { numbers, rowsAt: 0, piecesAt: rowNumbers, copiers }
}
