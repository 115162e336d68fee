// Held-out rows of several data sets as one source: the first row of each, then the second of each,
// so that the first N rows are drawn from all of them.
import type { PackedSource } from './packed-source.ts'

export function interleave(sources: readonly PackedSource[]): PackedSource {
  const order: { source: PackedSource; row: number }[] = []
  const longest = Math.max(...sources.map(({ rows }) => rows))
  for (let row = 0; row < longest; row++) {
    for (const source of sources) if (row < source.rows) order.push({ source, row })
  }
  const { path, metadata } = sources[0]!
  return {
    path,
    metadata,
    rows: order.length,
    row(position, sample) {
      const { source, row } = order[position % order.length]!
      return source.row(row, sample)
    },
    async close() {
      for (const source of sources) await source.close()
    },
  }
}
