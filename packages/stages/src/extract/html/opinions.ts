// What the second model sees besides the rows of the first: what the first thinks of the neighbours of a block
// and of the elements around it (context-features.ts), what the blocks that look like it are and what is
// thought of them (kin.ts), and how it stands to the core of the page (core.ts). What many blocks
// share is copied into their rows.
import type { Analysis } from './analyse-page.ts'
import {
  contextFeatureNames,
  contextOf,
  contextPieces,
  finishContext,
  lookAround,
} from './context-features.ts'
import { coreFeatureNames, findCore, writeCore } from './core.ts'
import { kinOf, kinPiece, kinPieces, lookContextNames, lookFeatureNames, writeKin } from './kin.ts'
import { opinionSums } from './opinion-sums.ts'
import type { CopyPieces, Piece, RowMemory } from './row-pieces.ts'

export const opinionFeatureNames: readonly string[] = [
  ...contextFeatureNames,
  ...lookFeatureNames,
  ...lookContextNames,
  ...coreFeatureNames,
]
const kinAt = contextFeatureNames.length
const thoughtsAt = kinAt + lookFeatureNames.length
const coreAt = thoughtsAt + lookContextNames.length

/** What is copied into each row, where these features start at `column`. */
export const opinionPieces = (column: number): readonly Piece[] => [
  ...contextPieces(column, 0),
  ...kinPieces(column + kinAt, 2),
]

/** Rows that are filled by one call, so that a large page does not wait for a long loop to be compiled. */
const together = 64

/**
 * Writes them for every block, from `column` on of the rows of `width` numbers in a memory, with its copier
 * of `opinionPieces`. `opinions` has the first model's probabilities.
 */
export function writeOpinions(
  { page, blocks, looks }: Analysis,
  opinions: Float32Array,
  memory: RowMemory,
  copy: CopyPieces,
  width: number,
  column: number,
): void {
  const { numbers, rowsAt, piecesAt } = memory
  const sums = opinionSums(blocks, opinions)
  const context = contextOf(page, blocks, opinions, sums, numbers, piecesAt)
  const kin = kinOf(page, blocks, looks, opinions, numbers, context.end)
  const core = findCore(page, blocks, opinions, sums)
  const writeRows = (from: number, to: number): void => {
    for (let block = from; block < to; block++) {
      const row = rowsAt + block * width
      const at = row + column
      lookAround(context, block)
      copy(
        row,
        context.opinionsAt + block,
        context.levelsAt,
        kinPiece(kin, 0, block),
        kinPiece(kin, 1, block),
      )
      finishContext(context, block, at)
      writeKin(kin, blocks, opinions, block, numbers, at + thoughtsAt)
      writeCore(core, blocks, block, numbers, at + coreAt)
    }
  }
  for (let from = 0; from < blocks.count; from += together)
    writeRows(from, Math.min(blocks.count, from + together))
}
