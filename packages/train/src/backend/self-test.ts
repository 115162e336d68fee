// Three steps of a tiny model on the active backend, against the loss the plain JavaScript backend
// gives: a provider that computes something else is found in a second.
import type { FusedOptimizer } from './provider.ts'
import { clm } from '../objective/clm.ts'
import { toDevice } from '../objective/host-batch.ts'
import { backward } from '../loop/step.ts'
import { resolveModel } from '../model/config.ts'
import { createModel } from '../model/model.ts'
import { createAdamw } from '../optimizer/adamw.ts'

/** The loss after three steps on tfjs's cpu backend; `test/self-test.test.ts` keeps it true. */
export const REFERENCE_LOSS = 3.363_528_3

export function selfTest(fused?: FusedOptimizer): { loss: number; difference: number } {
  const sizes = { vocabSize: 61, sequenceLength: 24 }
  const config = resolveModel({ family: 'gpt2', hiddenSize: 32, layers: 2, heads: 2 }, sizes)
  const model = createModel(config, { seed: 7 })
  const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 }
  const adamw = createAdamw(model, options, fused)
  const ids = Uint16Array.from({ length: 48 }, (_, i) => (i * 17 + 5) % 61)
  const row = { ids, lengths: Uint32Array.of(20, 24, 4), startsWord: undefined, sample: 0 }
  const batch = clm([row])
  let loss = 0
  for (let step = 0; step <= 3; step++) {
    const device = toDevice(batch)
    const result = backward(model, device, 1 / batch.targetCount)
    device.dispose()
    loss = result.loss
    adamw.update(result.gradients, 1e-2)
    for (const gradient of result.gradients) gradient.dispose()
  }
  adamw.dispose()
  model.dispose()
  return { loss, difference: Math.abs(loss - REFERENCE_LOSS) }
}
