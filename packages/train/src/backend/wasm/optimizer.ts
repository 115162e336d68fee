// Gradient norm and AdamW over all tensors, one job each. The table of addresses is made anew for
// every step: gradients are new tensors.
import type { FusedOptimizer } from '../provider.ts'
import { kernels } from './engine.ts'
import { ELEMENTS } from './kernels.ts'
import type { WasmTensors } from './tensors.ts'
import type { Tensor } from '@tensorflow/tfjs-core'

/** One tensor of the table: addresses of parameter, gradient and moments, and its decay. */
interface Entry {
  readonly addresses: readonly [number, number, number, number]
  readonly length: number
  readonly decay: number
}

export function createWasmOptimizer(tensors: WasmTensors): FusedOptimizer {
  const { engine } = tensors

  /** Writes the table and the list that maps tiles to entries; calls `use`; frees both. */
  function withTable(
    entries: readonly Entry[],
    use: (table: number, map: number, tiles: number) => void,
  ): void {
    const tiles = entries.reduce((sum, { length }) => sum + Math.ceil(length / ELEMENTS), 0)
    const [table, map] = [engine.allocate(entries.length * 32), engine.allocate(tiles * 4)]
    const words = engine.ints(table, entries.length * 8)
    const floats = engine.floats(table, entries.length * 8)
    const owners = engine.ints(map, tiles)
    let tile = 0
    for (const [i, { addresses, length, decay }] of entries.entries()) {
      words.set([...addresses, length, tile], i * 8)
      floats[i * 8 + 6] = decay
      const count = Math.ceil(length / ELEMENTS)
      owners.fill(i, tile, tile + count)
      tile += count
    }
    use(table, map, tiles)
    engine.free(table)
    engine.free(map)
  }

  const at = (tensor: Tensor): number => tensors.address(tensor)

  return {
    squareSum(gradients) {
      const entries = gradients.map((gradient) => ({
        addresses: [0, at(gradient), 0, 0] as const,
        length: gradient.size,
        decay: 0,
      }))
      let total = 0
      withTable(entries, (table, map, tiles) => {
        const partial = engine.allocate(tiles * 8)
        engine.run(kernels.squareSum, tiles, [table, map, partial])
        for (const value of engine.doubles(partial, tiles)) total += value
        engine.free(partial)
      })
      return total
    },
    adamw(model, moments, gradients, decays, options, { learningRate, step, factor }) {
      const entries = model.specs.map(({ name }, i) => {
        const { first, second } = moments.get(name)!
        const all = [model.parameters.get(name)!, gradients[i]!, first, second] as const
        return {
          addresses: [at(all[0]), at(all[1]), at(all[2]), at(all[3])] as const,
          length: gradients[i]!.size,
          decay: decays.get(name)!,
        }
      })
      const { beta1, beta2, epsilon } = options
      const corrections = [1 - beta1 ** step, 1 - beta2 ** step]
      withTable(entries, (table, map, tiles) => {
        const rates = [learningRate, beta1, beta2, epsilon, ...corrections, factor]
        engine.run(kernels.adamw, tiles, [table, map, ...rates])
      })
    },
  }
}
