// Mixes data sets by weight and hands out rows. Which data set row g comes from depends on (seed, g)
// only, so the cursor is a handful of counters and resuming is exact.
import { seeded, mix32 } from '@shardmill/core/random'
import type { PackedSource, SourceRow } from './packed-source.ts'

/** Where a run stands in its data. */
export interface LoaderCursor {
  /** Rows handed out. */
  readonly drawn: number
  /** Rows taken from each data set. */
  readonly positions: readonly number[]
}

export interface Loader {
  /** The next `count` rows. */
  next(count: number): Promise<SourceRow[]>
  cursor(): LoaderCursor
  seek(cursor: LoaderCursor): void
  /** Rows of all data sets, once each. */
  readonly rowsPerEpoch: number
  close(): Promise<void>
}

export function createLoader(
  sources: readonly { source: PackedSource; weight: number }[],
  seed: number,
): Loader {
  const total = sources.reduce((sum, { weight }) => sum + weight, 0)
  let drawn = 0
  let positions = sources.map(() => 0)

  function choose(sample: number): number {
    let ticket = seeded(mix32(seed ^ mix32(sample))).next() * total
    for (const [i, { weight }] of sources.entries()) {
      ticket -= weight
      if (ticket < 0) return i
    }
    return sources.length - 1
  }

  return {
    rowsPerEpoch: sources.reduce((sum, { source }) => sum + source.rows, 0),
    async next(count) {
      const rows: SourceRow[] = []
      for (let i = 0; i < count; i++) {
        const sample = drawn++
        const chosen = sources.length === 1 ? 0 : choose(sample)
        rows.push(await sources[chosen]!.source.row(positions[chosen]!++, sample))
      }
      return rows
    },
    cursor: () => ({ drawn, positions: [...positions] }),
    seek(cursor) {
      drawn = cursor.drawn
      positions = [...cursor.positions]
    },
    async close() {
      for (const { source } of sources) await source.close()
    },
  }
}
