// Buffers in one shared WebAssembly memory: best fit, and neighbours that are free become one, as in
// TensorFlow's BFC allocator. Packed rows differ in length from step to step; free lists per size kept
// a set of buffers for each length (twice the memory on real rows), one list of free ranges does not.
// The end of what was ever used is taken only when nothing before it fits, so a step that asks for
// the same sizes again gets the same places and nothing grows. Costs a look at every free range, some
// hundreds in training. Grows on demand up to 4 GiB, the limit of 32-bit addresses.
import { PipelineError } from '@shardmill/core/errors'

const PAGE = 65536
/** Below lie the job block (1 KiB) and the module's constants (8 KiB on). */
const FIRST = 1 << 20
/** A cache line: threads never write to one line of two buffers. */
const ALIGNMENT = 64

export interface BufferMemory {
  readonly memory: WebAssembly.Memory
  /** The address of at least `bytes` bytes, 64-byte aligned, with old content. */
  allocate(bytes: number): number
  free(address: number): void
  floats(address: number, length: number): Float32Array
  ints(address: number, length: number): Int32Array
  bytes(address: number, length: number): Uint8Array
  doubles(address: number, length: number): Float64Array
  /** Bytes in use now, rounding included, and the most ever taken from the memory. */
  usage(): { usedBytes: number; reservedBytes: number }
}

export function createBufferMemory(): BufferMemory {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true })
  /** Sizes of the buffers in use, by address. */
  const sizes = new Map<number, number>()
  /** Free ranges below `top` in the order of their addresses; no two touch. */
  const gaps: { address: number; size: number }[] = []
  let top = FIRST
  let used = 0
  let views = memory.buffer

  /** The smallest gap that holds `bytes`, the first of equal ones; -1 if there is none. */
  function bestGap(bytes: number): number {
    let best = -1
    for (let i = 0; i < gaps.length; i++) {
      const { address, size } = gaps[i]!
      if (size < bytes || address + size === top) continue
      if (best < 0 || size < gaps[best]!.size) best = i
    }
    return best
  }

  /** Takes from the gap at the end, or from behind it. */
  function extend(bytes: number): number {
    const last = gaps.at(-1)
    const address = last !== undefined && last.address + last.size === top ? last.address : top
    const end = address + bytes
    if (end > memory.buffer.byteLength) grow(end, bytes)
    if (last?.address === address) {
      last.address += bytes
      last.size -= bytes
      if (last.size <= 0) gaps.pop()
    }
    top = Math.max(top, end)
    return address
  }

  function grow(end: number, bytes: number): void {
    // A sixteenth more than needed, so that a model does not grow it buffer by buffer.
    const needed = Math.ceil((end - memory.buffer.byteLength) / PAGE)
    const room = 65536 - memory.buffer.byteLength / PAGE
    const pages = Math.min(room, needed + (needed >> 4) + 64)
    if (pages < needed) throw outOfMemory(bytes, used)
    try {
      memory.grow(pages)
    } catch (cause) {
      throw outOfMemory(bytes, used, cause)
    }
    views = memory.buffer
  }

  /** Puts a range among the gaps and joins it with those it touches. */
  function release(address: number, size: number): void {
    let [low, high] = [0, gaps.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (gaps[middle]!.address < address) low = middle + 1
      else high = middle
    }
    const before = gaps[low - 1]
    const after = gaps[low]
    const joinsAfter = after !== undefined && address + size === after.address
    if (before !== undefined && before.address + before.size === address) {
      before.size += size + (joinsAfter ? after.size : 0)
      if (joinsAfter) gaps.splice(low, 1)
    } else if (joinsAfter) {
      after.address = address
      after.size += size
    } else {
      gaps.splice(low, 0, { address, size })
    }
  }

  return {
    memory,
    allocate(bytes) {
      const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT
      const found = bestGap(size)
      let address: number
      if (found < 0) {
        address = extend(size)
      } else {
        const gap = gaps[found]!
        address = gap.address
        gap.address += size
        gap.size -= size
        if (gap.size === 0) gaps.splice(found, 1)
      }
      sizes.set(address, size)
      used += size
      return address
    },
    free(address) {
      const size = sizes.get(address)
      if (size === undefined) throw new PipelineError(`wasm memory: ${address} is not in use`)
      sizes.delete(address)
      used -= size
      release(address, size)
    },
    floats: (address, length) => new Float32Array(views, address, length),
    ints: (address, length) => new Int32Array(views, address, length),
    bytes: (address, length) => new Uint8Array(views, address, length),
    doubles: (address, length) => new Float64Array(views, address, length),
    usage: () => ({ usedBytes: used, reservedBytes: top }),
  }
}

function outOfMemory(bytes: number, used: number, cause?: unknown): PipelineError {
  const [wanted, taken] = [bytes, used].map((count) => `${(count / 2 ** 20).toFixed(0)} MiB`)
  return new PipelineError(`wasm: no room for ${wanted} beside ${taken} in use (limit 4096 MiB)`, {
    cause,
    hint: 'lower `batchRows`, raise `accumulate`, or choose a smaller model',
  })
}
