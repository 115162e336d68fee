// Keys and values of the tokens so far, one pair of tensors per layer, so that generating a token
// costs one token's arithmetic. Appending copies the layer's tensors: for the sizes trained here the
// copy is smaller than the weights that are read anyway.
import { concat, keep, type Tensor } from '@tensorflow/tfjs-core'
import type { LayerCache } from '../model/model.ts'
import { boundsOf, type Bounds } from '../ops/attention.ts'

export interface KeyValueCache {
  /** Tokens kept so far. */
  readonly length: number
  /** What `model.encode` is given to add `count` more tokens. */
  extendBy(count: number): LayerCache
  dispose(): void
}

export function createKeyValueCache(): KeyValueCache {
  const layers: { keys: Tensor; values: Tensor }[] = []
  let length = 0
  let bounds: Bounds | undefined
  return {
    get length() {
      return length
    },
    extendBy(count) {
      length += count
      bounds?.tensor.dispose()
      bounds = boundsOf([length])
      keep(bounds.tensor)
      return {
        bounds,
        extend(layer, keys, values) {
          const old = layers[layer]
          const grown = {
            keys: keep(old ? concat([old.keys, keys]) : keys.clone()),
            values: keep(old ? concat([old.values, values]) : values.clone()),
          }
          old?.keys.dispose()
          old?.values.dispose()
          layers[layer] = grown
          return grown
        },
      }
    },
    dispose() {
      bounds?.tensor.dispose()
      for (const { keys, values } of layers.splice(0)) {
        keys.dispose()
        values.dispose()
      }
    },
  }
}
