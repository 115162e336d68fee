// Text from a causal model: the prompt in one pass, then token by token with cached keys and values.
import { slice, tensor1d, tidy, type Tensor2D } from '@tensorflow/tfjs-core'
import { ConfigError } from '@shardmill/core/errors'
import { seeded } from '@shardmill/core/random'
import type { Model } from '../model/model.ts'
import { boundsOf } from '../ops/attention.ts'
import { linear } from '../ops/linear.ts'
import { brokenModel } from '../model/broken-model.ts'
import { createKeyValueCache, type KeyValueCache } from './key-value-cache.ts'
import { sampleToken, type SamplingOptions } from './sample-token.ts'

export interface GenerateOptions extends SamplingOptions {
  readonly maxTokens: number
  readonly eosId?: number | undefined
  readonly seed: number
}

/**
 * Yields new tokens until the end token (not yielded), `maxTokens`, or the last position the model
 * has. The prompt must have a token: the begin or end token stands for an empty one.
 */
export function* generate(
  model: Model,
  prompt: readonly number[],
  options: GenerateOptions,
): Generator<number> {
  const { maxPositions, causal, family } = model.config
  if (!causal) throw new ConfigError(`generate: a ${family} model does not generate text`)
  if (prompt.length === 0 || prompt.length >= maxPositions) {
    throw new ConfigError(
      `generate: expected a prompt of 1..${maxPositions - 1} tokens, got ${prompt.length}`,
      { hint: `the model places ${maxPositions} tokens; shorten the prompt` },
    )
  }
  const random = seeded(options.seed)
  const cache = createKeyValueCache()
  try {
    let next: readonly number[] = prompt
    for (let i = 0; i < options.maxTokens && cache.length + next.length <= maxPositions; i++) {
      const logits = nextLogits(model, cache, next)
      if (!logits.every(Number.isFinite)) throw brokenModel('generate')
      const id = sampleToken(logits, options, random)
      if (id === options.eosId) return
      yield id
      next = [id]
    }
  } finally {
    cache.dispose()
  }
}

/** Logits after `ids`, which are added to the cache. */
export function nextLogits(
  model: Model,
  cache: KeyValueCache,
  ids: readonly number[],
): Float32Array {
  const count = ids.length
  const first = cache.length
  const layers = cache.extendBy(count)
  const logits = tidy(() => {
    const stream = {
      ids: tensor1d(ids as number[], 'int32'),
      positions: tensor1d(
        ids.map((_, i) => first + i),
        'int32',
      ),
      bounds: boundsOf([count]),
    }
    const states = model.encode(stream, layers) as Tensor2D
    const last = slice(states, [count - 1, 0], [1, model.config.hiddenSize])
    const { hidden, weight, bias } = model.head(last)
    return linear(hidden, weight, bias, true)
  })
  const values = Float32Array.from(logits.dataSync())
  logits.dispose()
  return values
}
