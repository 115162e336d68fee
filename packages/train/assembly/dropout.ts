// Counter-based dropout masks: four elements at a time, the same bits as `src/ops/dropout.ts`.
// The hash is MurmurHash3's finaliser (Appleby 2011) over key ^ counter x 0x9e3779b1.

/** All ones in each of elements i .. i + 3 that is kept: its hash is not below the threshold. */
@inline
export function keepMask(key: i32, i: i32, threshold: i32): v128 {
  const counters = i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3))
  let h = v128.xor(i32x4.splat(key), i32x4.mul(counters, i32x4.splat(0x9e3779b1)))
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b))
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35))
  h = v128.xor(h, i32x4.shr_u(h, 16))
  return i32x4.ge_u(h, i32x4.splat(threshold))
}

/** The finaliser on one word. */
@inline
export function mix32(value: u32): u32 {
  let h = value
  h = (h ^ (h >> 16)) * 0x85ebca6b
  h = (h ^ (h >> 13)) * 0xc2b2ae35
  return h ^ (h >> 16)
}
