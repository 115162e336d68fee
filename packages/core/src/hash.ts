// Hashing by xxhash-wasm (XXH64, Collet 2012). BigInt is kept out of hot paths: a hash is written
// as two 32-bit halves. The module is instantiated once, on first import (about 2 ms).
import xxhash from 'xxhash-wasm'

const xx = await xxhash()

/** XXH64 of bytes as 16 hex digits. */
export function hashBytes(bytes: Uint8Array, seed = 0n): string {
  return xx.h64Raw(bytes, seed).toString(16).padStart(16, '0')
}

/** XXH64 of a string's UTF-8 as 16 hex digits. */
export function hashText(text: string, seed = 0n): string {
  return xx.h64(text, seed).toString(16).padStart(16, '0')
}

/** 128 bits as 32 hex digits: XXH64 twice with different seeds. For keys that name content. */
export function hashText128(text: string): string {
  return hashText(text) + hashText(text, 0x9e3779b97f4a7c15n)
}

/** Like `hashText128`, of bytes. */
export function hashBytes128(bytes: Uint8Array): string {
  return hashBytes(bytes) + hashBytes(bytes, 0x9e3779b97f4a7c15n)
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
    digest: () => state.digest().toString(16).padStart(16, '0'),
  }
}

/** A number in [0, 1) that depends on `seed` and `key` only: the coin of sampling stages. */
export function coin(seed: number, key: string): number {
  return Number(xx.h64(key, BigInt(seed)) >> 11n) / 2 ** 53
}
