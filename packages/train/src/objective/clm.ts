// Causal language modelling: every token predicts the next one of its own document. The last token
// of a document predicts nothing; the first of the next document is not its continuation.
import { joinRows, type Objective } from './host-batch.ts'

export const clm: Objective = (rows) => {
  const { ids, positions, lengths } = joinRows(rows)
  const targets = new Int32Array(ids.length)
  let at = 0
  for (const length of lengths) {
    targets.set(ids.subarray(at + 1, at + length), at)
    targets[at + length - 1] = -1
    at += length
  }
  const targetCount = ids.length - lengths.length
  return { ids, positions, lengths, selected: undefined, targets, targetCount }
}
