// How likely a model finds given tokens: the sum of log-probabilities for a causal model, the
// pseudo-log-likelihood for a masked one (each token masked in turn; Salazar et al. 2020).
import type { Model } from '../model/model.ts'
import { clm } from '../objective/clm.ts'
import { toDevice, type HostBatch } from '../objective/host-batch.ts'
import { evaluateBatch } from '../loop/step.ts'

/** Masked copies that go through the model together. */
const TOKENS_AT_ONCE = 4096

/**
 * ln p of every predicted token of a sequence: all but the first for a causal model, all but those
 * in `specialIds` for a masked one.
 */
export function tokenLogProbabilities(
  model: Model,
  ids: readonly number[],
  masking: { maskId: number; specialIds: ReadonlySet<number> } | undefined,
): number[] {
  if (model.config.causal) {
    const lengths = Uint32Array.of(ids.length)
    const row = { ids: Uint32Array.from(ids), lengths, startsWord: undefined, sample: 0 }
    return [...run(model, clm([row]))].slice(0, -1).map((loss) => -loss)
  }
  if (!masking) throw new TypeError('a masked model needs the mask token')
  const places = [...ids.keys()].filter((i) => !masking.specialIds.has(ids[i]!))
  const perRun = Math.max(1, Math.floor(TOKENS_AT_ONCE / ids.length))
  const out: number[] = []
  for (let at = 0; at < places.length; at += perRun) {
    const group = places.slice(at, at + perRun)
    const losses = run(model, maskedCopies(ids, group, masking.maskId))
    for (const loss of losses) out.push(-loss)
  }
  return out
}

/** One copy of the sequence for each place, with that place masked. */
function maskedCopies(
  ids: readonly number[],
  places: readonly number[],
  maskId: number,
): HostBatch {
  const width = ids.length
  const all = new Int32Array(width * places.length)
  const positions = new Int32Array(all.length)
  const selected = new Int32Array(places.length)
  const targets = new Int32Array(places.length)
  for (const [copy, place] of places.entries()) {
    all.set(ids, copy * width)
    all[copy * width + place] = maskId
    for (let i = 0; i < width; i++) positions[copy * width + i] = i
    selected[copy] = copy * width + place
    targets[copy] = ids[place]!
  }
  const lengths = places.map(() => width)
  return { ids: all, positions, lengths, selected, targets, targetCount: places.length }
}

function run(model: Model, batch: HostBatch): Float32Array {
  const device = toDevice(batch)
  const { tokens } = evaluateBatch(model, device)
  device.dispose()
  return tokens
}
