// Buffers in one shared WebAssembly memory. Sizes are rounded up to classes (four per power of two,
// at most 25 % waste) and freed buffers are kept per class, so a training step that asks for the
// same sizes again allocates nothing. Grows on demand up to 4 GiB, the limit of 32-bit addresses.
import { PipelineError } from '@shardmill/core/errors'

const PAGE = 65536
/** Below lie the job block (1 KiB) and the module's constants (8 KiB on). */
const FIRST = 1 << 20

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
  const freed = new Map<number, number[]>()
  const sizes = new Map<number, number>()
  let top = FIRST
  let used = 0
  let views = memory.buffer

  function reserve(bytes: number): number {
    const address = top
    const end = address + bytes
    if (end > memory.buffer.byteLength) {
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
    top = end
    return address
  }

  return {
    memory,
    allocate(bytes) {
      const size = sizeClass(bytes)
      const address = freed.get(size)?.pop() ?? reserve(size)
      sizes.set(address, size)
      used += size
      return address
    },
    free(address) {
      const size = sizes.get(address)
      if (size === undefined) throw new PipelineError(`wasm memory: ${address} is not in use`)
      sizes.delete(address)
      used -= size
      const list = freed.get(size)
      if (list) list.push(address)
      else freed.set(size, [address])
    },
    floats: (address, length) => new Float32Array(views, address, length),
    ints: (address, length) => new Int32Array(views, address, length),
    bytes: (address, length) => new Uint8Array(views, address, length),
    doubles: (address, length) => new Float64Array(views, address, length),
    usage: () => ({ usedBytes: used, reservedBytes: top }),
  }
}

/** The smallest of 64 x {4, 5, 6, 7} x 2^n that holds `bytes`. */
export function sizeClass(bytes: number): number {
  const least = Math.max(256, bytes)
  const power = 2 ** Math.floor(Math.log2(least))
  const step = power / 4
  return Math.ceil(least / step) * step
}

function outOfMemory(bytes: number, used: number, cause?: unknown): PipelineError {
  const [wanted, taken] = [bytes, used].map((count) => `${(count / 2 ** 20).toFixed(0)} MiB`)
  return new PipelineError(`wasm: no room for ${wanted} beside ${taken} in use (limit 4096 MiB)`, {
    cause,
    hint: 'lower `batchRows`, raise `accumulate`, or choose a smaller model',
  })
}
