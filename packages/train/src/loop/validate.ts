// Loss on held-out rows. Masks of the MLM objective depend on the row's number only, so every
// validation of a run masks the same tokens.
import type { HostBatch } from '../objective/host-batch.ts'
import { toDevice } from '../objective/host-batch.ts'
import type { Session } from './session.ts'
import { evaluateBatch } from './step.ts'

export interface ValidationResult {
  /** Mean over targets, in nats. */
  readonly loss: number
  readonly targets: number
  readonly rows: number
  /** Bits per byte of text, which compares models of any tokenizer; causal models with a tokenizer. */
  readonly bitsPerByte?: number
  /** Mean loss of sentence pairs, not part of `loss`, and the share that is told right. */
  readonly pairLoss?: number
  readonly pairAccuracy?: number
}

/** The mean loss over the first `validation.rows` held-out rows; NaN when there are none. */
export async function validate(session: Session): Promise<ValidationResult> {
  const { config, model, validation, objective } = session
  const rows = Math.min(config.validation.rows, validation.rows)
  const { bytesOf } = session
  const countsBytes = bytesOf !== undefined && model.config.causal
  let [sum, targets, bytes] = [0, 0, 0]
  let [pairSum, pairs, right] = [0, 0, 0]
  for (let at = 0; at < rows; at += config.batchRows) {
    const batch = objective(await heldOutRows(session, at, Math.min(rows, at + config.batchRows)))
    const device = toDevice(batch)
    const losses = evaluateBatch(model, device)
    device.dispose()
    sum += total(losses.tokens)
    targets += batch.targetCount
    if (countsBytes) bytes += predictedBytes(batch, bytesOf)
    pairSum += total(losses.pairs)
    pairs += batch.pairs?.count ?? 0
    // Of two labels the right one is the likelier when its loss is below ln 2; 0: no label.
    right += losses.pairs.filter((loss) => loss > 0 && loss < Math.LN2).length
  }
  return {
    loss: sum / targets,
    targets,
    rows,
    ...(countsBytes ? { bitsPerByte: sum / Math.LN2 / bytes } : {}),
    ...(pairs > 0 ? { pairLoss: pairSum / pairs, pairAccuracy: right / pairs } : {}),
  }
}

const total = (losses: Float32Array): number => losses.reduce((a, b) => a + b, 0)

/** Bytes of all tokens but the first of each document, which nothing predicts. */
function predictedBytes(
  { ids, lengths }: HostBatch,
  bytesOf: (ids: Iterable<number>) => number,
): number {
  let [bytes, at] = [0, 0]
  for (const length of lengths) {
    bytes += bytesOf(ids.subarray(at + 1, at + length))
    at += length
  }
  return bytes
}

async function heldOutRows(
  { validation }: Session,
  from: number,
  to: number,
): Promise<Awaited<ReturnType<Session['validation']['row']>>[]> {
  const rows = []
  for (let position = from; position < to; position++) {
    rows.push(await validation.row(position, position))
  }
  return rows
}
