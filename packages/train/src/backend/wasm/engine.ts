// The WebAssembly engine: loads the kernels, keeps a pool of helper threads on one shared memory and
// runs one job at a time on all of them. Nothing here knows about tensors or gradients.
//
// Relaxed SIMD (fused multiply-add) makes matrix products a third faster, but rounds as the machine
// does: results are bit-identical on one machine, not between machines. `relaxed: false` gives the
// same bits everywhere.
import { availableParallelism } from 'node:os'
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { createBufferMemory, type BufferMemory } from './memory.ts'

/** Kernel numbers, as in `assembly/index.ts`. */
export const kernels = {
  pack: 0,
  gemm: 1,
  vector: 2,
  attention: 3,
  attentionGrad: 4,
  rope: 5,
  norm: 6,
  normGrad: 7,
  normWeightGrad: 8,
  columnSum: 9,
  gather: 10,
  scatter: 11,
  crossEntropy: 12,
  activation: 13,
  activationGrad: 14,
  add: 15,
  scale: 16,
  squareSum: 17,
  adamw: 18,
  dropout: 19,
} as const

/** Addresses of the job block in 32-bit words, as in `assembly/job.ts`. */
const JOB = 1024 / 4
const TILES = JOB + 48
const KERNEL = JOB + 49
const ARGUMENTS = JOB + 96
const SCRATCH = JOB + 256

/** Where in a job's arguments floats stand instead of integers. */
const FLOATS: Readonly<Record<number, readonly number[]>> = {
  [kernels.attention]: [11, 18],
  [kernels.attentionGrad]: [11, 18],
  [kernels.rope]: [8],
  [kernels.norm]: [7],
  [kernels.crossEntropy]: [5],
  [kernels.scale]: [1],
  [kernels.dropout]: [1],
  [kernels.adamw]: [2, 3, 4, 5, 6, 7, 8],
}

export interface EngineOptions {
  /** All threads together, the caller included; by default the machine's. */
  readonly threads?: number
  /** Fused multiply-add where the machine has it. */
  readonly relaxed?: boolean
}

export interface Engine extends BufferMemory {
  readonly threads: number
  readonly relaxed: boolean
  /** Runs `tiles` tiles of a kernel on all threads. */
  run(kernel: number, tiles: number, args: readonly number[]): void
  /** Makes every thread's scratch at least `bytes` long. */
  reserveScratch(bytes: number): void
  /** Ends the helper threads. */
  close(): Promise<void>
}

interface Exports {
  setThread(index: number): void
  runJob(): void
  stopPool(): void
}

// Enough for a packed 64 x 256 block of A and the edge block.
const LEAST_SCRATCH = 64 * 256 * 4 + 1024

// The helper's whole life: it waits inside WebAssembly, so no TypeScript has to reach it.
const HELPER = `
  const { workerData } = require('node:worker_threads')
  const { module, memory, index } = workerData
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  exports.setThread(index)
  exports.serve()
`

/** Starts the engine; throws when the module does not compile here. */
export function createEngine({
  threads = availableParallelism(),
  relaxed = true,
}: EngineOptions = {}): Engine {
  const compiled = compile(relaxed)
  const buffers = createBufferMemory()
  const { memory } = buffers
  const instance = new WebAssembly.Instance(compiled.module, { env: { memory } })
  const exports = instance.exports as Exports
  exports.setThread(0)
  const helpers = Array.from({ length: threads - 1 }, (_, i) => {
    const workerData = { module: compiled.module, memory, index: i + 1 }
    const worker = new Worker(HELPER, { eval: true, workerData })
    worker.unref()
    return worker
  })
  const scratch: number[] = []
  let scratchBytes = 0

  // The job block lies in the first page, which every view of the memory reaches.
  const words = new Int32Array(memory.buffer, 0, 2048)
  const floatWords = new Float32Array(memory.buffer, 0, 2048)

  const engine: Engine = {
    ...buffers,
    threads,
    relaxed: compiled.relaxed,
    run(kernel, tiles, args) {
      if (tiles <= 0) return
      for (let i = 0; i < args.length; i++) words[ARGUMENTS + i] = args[i]!
      for (const i of FLOATS[kernel] ?? []) floatWords[ARGUMENTS + i] = args[i]!
      words[TILES] = tiles
      words[KERNEL] = kernel
      exports.runJob()
    },
    reserveScratch(bytes) {
      if (bytes <= scratchBytes) return
      for (const address of scratch.splice(0)) buffers.free(address)
      for (let i = 0; i < threads; i++) {
        const address = buffers.allocate(bytes)
        scratch.push(address)
        words[SCRATCH + i] = address
      }
      scratchBytes = bytes
    },
    async close() {
      exports.stopPool()
      await Promise.all(helpers.map((worker) => worker.terminate()))
    },
  }
  engine.reserveScratch(LEAST_SCRATCH)
  return engine
}

const modules = new Map<boolean, WebAssembly.Module>()

/** The compiled module, with relaxed SIMD when asked for and understood. */
function compile(relaxed: boolean): { module: WebAssembly.Module; relaxed: boolean } {
  const cached = modules.get(relaxed)
  if (cached) return { module: cached, relaxed }
  const file = relaxed ? 'kernels-relaxed.wasm' : 'kernels.wasm'
  // Node 20 hides relaxed SIMD behind a flag that may be set at run time; newer versions have it.
  if (relaxed) setFlagsFromString('--experimental-wasm-relaxed-simd')
  const bytes = readFileSync(new URL(`./${file}`, import.meta.url))
  try {
    const module = new WebAssembly.Module(bytes)
    modules.set(relaxed, module)
    return { module, relaxed }
  } catch (error) {
    if (!relaxed) throw error
    return compile(false)
  }
}
