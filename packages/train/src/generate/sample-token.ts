// Chooses the next token from logits: temperature, then the k likeliest, then the smallest set whose
// probability reaches p (nucleus, Holtzman et al. 2020). Ties go to the smaller id.
import type { Random } from '@shardmill/core/random'

export interface SamplingOptions {
  /** 0 always takes the likeliest. */
  readonly temperature: number
  /** 0 keeps all. */
  readonly topK: number
  /** 1 keeps all. */
  readonly topP: number
}

export function sampleToken(
  logits: Float32Array,
  { temperature, topK, topP }: SamplingOptions,
  random: Random,
): number {
  const order = Array.from(logits.keys())
  order.sort((a, b) => logits[b]! - logits[a]! || a - b)
  if (temperature === 0) return order[0]!
  const kept = topK > 0 ? order.slice(0, topK) : order
  const highest = logits[kept[0]!]!
  const weights = kept.map((id) => Math.exp((logits[id]! - highest) / temperature))
  const total = weights.reduce((a, b) => a + b, 0)
  let [count, mass] = [0, 0]
  while (count < weights.length && (count === 0 || mass < topP * total)) mass += weights[count++]!
  let ticket = random.next() * mass
  for (let i = 0; i < count; i++) {
    ticket -= weights[i]!
    if (ticket < 0) return kept[i]!
  }
  return kept[count - 1]!
}
