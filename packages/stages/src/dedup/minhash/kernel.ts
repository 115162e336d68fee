// The inner loop of MinHash: for each permutation the least permuted hash of all shingles. Two
// recipes, each about 150 bytes of WebAssembly written out here:
//
//   sign32   h * a + b mod 2^32, unsigned minimum; sixteen permutations at a time in four vectors.
//            `a` is odd, so this is a permutation of the 32-bit words (Dietzfelbinger et al. 1997).
//   sign64   datatrove's: (h * a + b mod 2^64) mod (2^61 - 1). The second modulus folds the upper
//            three bits onto the lower 61 and subtracts once, as 2^61 = 1 (mod 2^61 - 1).
//
// Both start from the minima in memory, so a long document is fed in blocks. Cost: docs/log.md.
import { op, type, wasmModule } from '../../wasm-module.ts'

/** Permutations come in steps of this many; the rest of a step is padding. */
const step = 16
/** Hashes per call: 128 KB, stays in the second-level cache. */
const blockHashes = 16_384
const maxPermutations = 256

// Memory: parameters a, b and minima, 2 KB each, then the block of hashes.
const aAt = 0
const bAt = 8 * maxPermutations
const minimaAt = 16 * maxPermutations
const hashesAt = 24 * maxPermutations
const pages = Math.ceil((hashesAt + 8 * blockHashes) / 65_536)

const mersenne = (1n << 61n) - 1n

// Parameters of both kernels: bytes of parameters to go over, end address of the hashes.
const [size, hashesEnd, permutation, hash] = [0, 1, 2, 3]

function sign32() {
  const vectors = [0, 1, 2, 3]
  const a = (v: number): number => 4 + v
  const b = (v: number): number => 8 + v
  const least = (v: number): number => 12 + v
  const splat = 16
  return {
    name: 'sign32',
    parameters: 2,
    locals: [type.i32, type.i32, ...Array.from({ length: 13 }, () => type.v128)],
    body: [
      [op.loop],
      ...vectors.flatMap((v) => [
        [op.get(permutation), op.v128Load(aAt + 16 * v), op.set(a(v))],
        [op.get(permutation), op.v128Load(bAt + 16 * v), op.set(b(v))],
        [op.get(permutation), op.v128Load(minimaAt + 16 * v), op.set(least(v))],
      ]),
      [op.i32(hashesAt), op.set(hash)],
      [op.loop],
      [op.get(hash), op.v128LoadSplat32(0), op.set(splat)],
      ...vectors.flatMap((v) => [
        [op.get(splat), op.get(a(v)), op.i32x4Mul, op.get(b(v)), op.i32x4Add],
        [op.get(least(v)), op.i32x4MinUnsigned, op.set(least(v))],
      ]),
      [op.get(hash), op.i32(4), op.i32Add, op.tee(hash)],
      [op.get(hashesEnd), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
      ...vectors.map((v) => [
        op.get(permutation),
        op.get(least(v)),
        op.v128Store(minimaAt + 16 * v),
      ]),
      [op.get(permutation), op.i32(4 * step), op.i32Add, op.tee(permutation)],
      [op.get(size), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
    ],
  }
}

function sign64() {
  const [a, b, least, value] = [4, 5, 6, 7]
  return {
    name: 'sign64',
    parameters: 2,
    locals: [type.i32, type.i32, type.i64, type.i64, type.i64, type.i64],
    body: [
      [op.loop],
      [op.get(permutation), op.i64Load(aAt), op.set(a)],
      [op.get(permutation), op.i64Load(bAt), op.set(b)],
      [op.get(permutation), op.i64Load(minimaAt), op.set(least)],
      [op.i32(hashesAt), op.set(hash)],
      [op.loop],
      [op.get(hash), op.i64Load(0), op.get(a), op.i64Mul, op.get(b), op.i64Add, op.tee(value)],
      [op.i64(mersenne), op.i64And],
      [op.get(value), op.i64(61n), op.i64ShiftRightUnsigned, op.i64Add, op.tee(value)],
      [op.get(value), op.i64(mersenne), op.i64Sub],
      [op.get(value), op.i64(mersenne), op.i64LessUnsigned, op.select, op.tee(value)],
      [op.get(least), op.get(value), op.get(least), op.i64LessUnsigned, op.select],
      [op.set(least)],
      [op.get(hash), op.i32(8), op.i32Add, op.tee(hash)],
      [op.get(hashesEnd), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
      [op.get(permutation), op.get(least), op.i64Store(minimaAt)],
      [op.get(permutation), op.i32(8), op.i32Add, op.tee(permutation)],
      [op.get(size), op.i32LessUnsigned, op.brIf(0)],
      [op.end],
    ],
  }
}

interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer }
  sign32(this: void, size: number, hashesEnd: number): void
  sign64(this: void, size: number, hashesEnd: number): void
}

let module: WebAssembly.Module | undefined

/**
 * A function from `count` hashes to the signature. `lanes` is 1 for 32-bit and 2 for 64-bit hashes;
 * hashes, parameters and signature are `lanes` words each, low word first. The signature of no
 * hashes is all ones. The returned array is a copy.
 */
export function createSigner(
  lanes: 1 | 2,
  a: Uint32Array,
  b: Uint32Array,
): (hashes: Uint32Array, count: number) => Uint32Array {
  const words = a.length
  if (words > lanes * maxPermutations || b.length !== words) {
    throw new RangeError(`minhash: at most ${maxPermutations} permutations, got ${words / lanes}`)
  }
  module ??= new WebAssembly.Module(wasmModule(pages, [sign32(), sign64()]))
  const kernels = new WebAssembly.Instance(module, {}).exports as Kernels
  const memory = new Uint32Array(kernels.memory.buffer)
  memory.set(a, aAt / 4)
  memory.set(b, bAt / 4)
  const sign = lanes === 1 ? kernels.sign32 : kernels.sign64
  const minima = memory.subarray(minimaAt / 4, minimaAt / 4 + lanes * maxPermutations)
  const block = memory.subarray(hashesAt / 4)
  return (hashes, count) => {
    minima.fill(0xffff_ffff)
    for (let from = 0; from < count; from += blockHashes) {
      const part = hashes.subarray(from * lanes, Math.min(count, from + blockHashes) * lanes)
      block.set(part)
      sign(4 * words, hashesAt + 4 * part.length)
    }
    return minima.slice(0, words)
  }
}
