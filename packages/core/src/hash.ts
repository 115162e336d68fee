// Hashing by xxhash-wasm (XXH64, Collet 2012). BigInt is kept out of hot paths: a hash is written
// as two 32-bit halves. The module is instantiated once, on first import (about 2 ms).
import xxhash from 'xxhash-wasm'

const xx = await xxhash()

/** Of the second half of a hash of 128 bits: 2^64 divided by the golden ratio. */
const secondSeed = 0x9e3779b97f4a7c15n

function hexadecimal(hash: bigint): string {
  return hash.toString(16).padStart(16, '0')
}

/** XXH64 of bytes as 16 hex digits. */
export function hashBytes(bytes: Uint8Array, seed = 0n): string {
  return hexadecimal(xx.h64Raw(bytes, seed))
}

/** XXH64 of a string's UTF-8 as 16 hex digits. */
export function hashText(text: string, seed = 0n): string {
  return hexadecimal(xx.h64(text, seed))
}

/** 128 bits as 32 hex digits: XXH64 twice with different seeds. For keys that name content. */
export function hashText128(text: string): string {
  return hashText(text) + hashText(text, secondSeed)
}

/** `hashText128` of the parts put together. */
export function hashParts128(parts: Iterable<string>): string {
  const low = xx.create64()
  const high = xx.create64(secondSeed)
  for (const part of parts) {
    low.update(part)
    high.update(part)
  }
  return [low, high].map((state) => hexadecimal(state.digest())).join('')
}

/** Like `hashText128`, of bytes. */
export function hashBytes128(bytes: Uint8Array): string {
  return hashBytes(bytes) + hashBytes(bytes, secondSeed)
}

/** XXH64 of a string as two unsigned 32-bit halves in `out[at]` (low) and `out[at + 1]` (high). */
export function hashTextInto(text: string, out: Uint32Array, at = 0, seed = 0n): void {
  const hash = xx.h64(text, seed)
  out[at] = Number(hash & 0xffffffffn)
  out[at + 1] = Number(hash >> 32n)
}

/** An incremental XXH64. */
export function createHash(seed = 0n): { update(bytes: Uint8Array): void; digest(): string } {
  const state = xx.create64(seed)
  return {
    update: (bytes) => void state.update(bytes),
    digest: () => hexadecimal(state.digest()),
  }
}

/** A number in [0, 1) that depends on `seed` and `key` only: the coin of sampling stages. */
export function coin(seed: number, key: string): number {
  return Number(xx.h64(key, BigInt(seed)) >> 11n) / 2 ** 53
}
