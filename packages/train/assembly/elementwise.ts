// Elementwise kernels, 16,384 numbers a tile: activations with their gradients, addition, AdamW.
import { float, int, pointer } from './job'
import { keepMask } from './dropout'
import { erf4, exp4, sigmoid4, tanh4 } from './math'

const TILE: i32 = 16384

/** Which function: GELU by tanh (GPT-2), GELU by erf (BERT), SiLU. */
const GELU_TANH: i32 = 0
const GELU_ERF: i32 = 1

@inline
function activate(x: v128, kind: i32): v128 {
  const half = f32x4.splat(0.5), one = f32x4.splat(1)
  if (kind == GELU_TANH) {
    const cube = f32x4.mul(f32x4.mul(x, x), x)
    const inner = f32x4.add(x, f32x4.mul(cube, f32x4.splat(0.044715)))
    const t = tanh4(f32x4.mul(inner, f32x4.splat(0.7978845608)))
    return f32x4.mul(f32x4.mul(half, x), f32x4.add(one, t))
  }
  if (kind == GELU_ERF) {
    const t = erf4(f32x4.mul(x, f32x4.splat(0.7071067812)))
    return f32x4.mul(f32x4.mul(half, x), f32x4.add(one, t))
  }
  return f32x4.mul(x, sigmoid4(x))
}

@inline
function slope(x: v128, kind: i32): v128 {
  const half = f32x4.splat(0.5), one = f32x4.splat(1)
  if (kind == GELU_TANH) {
    const square = f32x4.mul(x, x)
    const inner = f32x4.add(x, f32x4.mul(f32x4.mul(square, x), f32x4.splat(0.044715)))
    const t = tanh4(f32x4.mul(inner, f32x4.splat(0.7978845608)))
    const derivative = f32x4.mul(
      f32x4.splat(0.7978845608), f32x4.add(one, f32x4.mul(square, f32x4.splat(0.134145))),
    )
    const bell = f32x4.mul(f32x4.sub(one, f32x4.mul(t, t)), derivative)
    return f32x4.mul(half, f32x4.add(f32x4.add(one, t), f32x4.mul(x, bell)))
  }
  if (kind == GELU_ERF) {
    const t = erf4(f32x4.mul(x, f32x4.splat(0.7071067812)))
    const bell = f32x4.mul(
      exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))), f32x4.splat(0.3989422804),
    )
    return f32x4.add(f32x4.mul(half, f32x4.add(one, t)), f32x4.mul(x, bell))
  }
  const s = sigmoid4(x)
  return f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s))))
}

// Buffers are allocated in multiples of 16 bytes, so the last vector may read and write past the end.

/** Job: out = f(x), times y when 4 is set (gated units). Arguments: 0 x, 1 y, 2 out, 3 length,
 * 4 gated, 5 kind. */
export function activationTile(tile: i32): void {
  const end = min(int(3), (tile + 1) * TILE), kind = int(5)
  for (let i = tile * TILE; i < end; i += 4) {
    const at = (<usize>i) << 2
    let value = activate(v128.load(pointer(0) + at), kind)
    if (int(4) != 0) value = f32x4.mul(value, v128.load(pointer(1) + at))
    v128.store(pointer(2) + at, value)
  }
}

/** Job: gradients of `activationTile`. Arguments: 0 x, 1 y, 2 gradient of out, 3 length, 4 gated,
 * 5 kind, 6 gradient of x, 7 gradient of y. */
export function activationGradTile(tile: i32): void {
  const end = min(int(3), (tile + 1) * TILE), kind = int(5)
  for (let i = tile * TILE; i < end; i += 4) {
    const at = (<usize>i) << 2
    const x = v128.load(pointer(0) + at)
    let dy = v128.load(pointer(2) + at)
    if (int(4) != 0) {
      v128.store(pointer(7) + at, f32x4.mul(dy, activate(x, kind)))
      dy = f32x4.mul(dy, v128.load(pointer(1) + at))
    }
    v128.store(pointer(6) + at, f32x4.mul(dy, slope(x, kind)))
  }
}

/** Job: out = x + y. Arguments: 0 x, 1 y, 2 out, 3 length. */
export function addTile(tile: i32): void {
  const end = min(int(3), (tile + 1) * TILE)
  for (let i = tile * TILE; i < end; i += 4) {
    const at = (<usize>i) << 2
    v128.store(pointer(2) + at, f32x4.add(v128.load(pointer(0) + at), v128.load(pointer(1) + at)))
  }
}

/** Job: out = x * factor. Arguments: 0 x, 1 factor, 2 out, 3 length. */
export function scaleTile(tile: i32): void {
  const end = min(int(3), (tile + 1) * TILE)
  const factor = f32x4.splat(float(1))
  for (let i = tile * TILE; i < end; i += 4) {
    const at = (<usize>i) << 2
    v128.store(pointer(2) + at, f32x4.mul(v128.load(pointer(0) + at), factor))
  }
}

/** Job: out = x with dropped elements 0 and the others scaled. Arguments: 0 x, 1 factor, 2 out,
 * 3 length, 4 key, 5 threshold. */
export function dropoutTile(tile: i32): void {
  const end = min(int(3), (tile + 1) * TILE)
  const factor = f32x4.splat(float(1)), key = int(4), threshold = int(5)
  for (let i = tile * TILE; i < end; i += 4) {
    const at = (<usize>i) << 2
    const kept = v128.and(f32x4.mul(v128.load(pointer(0) + at), factor), keepMask(key, i, threshold))
    v128.store(pointer(2) + at, kept)
  }
}

// The optimiser sees all tensors at once: a table of 32-byte entries {parameter, gradient, first
// moment, second moment, length, first tile, decay} and a list that maps each tile to its entry.

/** Job: sum of squares of a tile of gradients, in double precision: partial[tile].
 * Arguments: 0 table, 1 tile entries, 2 partial sums. */
export function squareSumTile(tile: i32): void {
  const entry = pointer(0) + ((<usize>load<i32>(pointer(1) + ((<usize>tile) << 2))) << 5)
  const gradient = <usize>load<u32>(entry, 4)
  const from = (tile - load<i32>(entry, 20)) * TILE
  const end = min(load<i32>(entry, 16), from + TILE)
  let sum: f64 = 0
  for (let i = from; i < end; i++) {
    const g = <f64>load<f32>(gradient + ((<usize>i) << 2))
    sum += g * g
  }
  store<f64>(pointer(2) + ((<usize>tile) << 3), sum)
}

/**
 * Job: AdamW (Loshchilov and Hutter 2019). Arguments: 0 table, 1 tile entries, 2 learning rate,
 * 3 beta 1, 4 beta 2, 5 epsilon, 6 and 7 bias corrections 1 - beta^t, 8 factor on gradients.
 */
export function adamwTile(tile: i32): void {
  const entry = pointer(0) + ((<usize>load<i32>(pointer(1) + ((<usize>tile) << 2))) << 5)
  const parameter = <usize>load<u32>(entry), gradient = <usize>load<u32>(entry, 4)
  const first = <usize>load<u32>(entry, 8), second = <usize>load<u32>(entry, 12)
  const from = (tile - load<i32>(entry, 20)) * TILE
  const end = min(load<i32>(entry, 16), from + TILE)
  const keep = f32x4.splat(1 - float(2) * load<f32>(entry, 24))
  const beta1 = f32x4.splat(float(3)), rest1 = f32x4.splat(1 - float(3))
  const beta2 = f32x4.splat(float(4)), rest2 = f32x4.splat(1 - float(4))
  const step = f32x4.splat(float(2) / float(6)), epsilon = f32x4.splat(float(5))
  const correction = f32x4.splat(sqrt<f32>(float(7))), factor = f32x4.splat(float(8))
  for (let i = from; i < end; i += 4) {
    const at = (<usize>i) << 2
    const g = f32x4.mul(v128.load(gradient + at), factor)
    const m = f32x4.add(f32x4.mul(beta1, v128.load(first + at)), f32x4.mul(rest1, g))
    const v = f32x4.add(
      f32x4.mul(beta2, v128.load(second + at)), f32x4.mul(rest2, f32x4.mul(g, g)),
    )
    v128.store(first + at, m)
    v128.store(second + at, v)
    const scale = f32x4.add(f32x4.div(f32x4.sqrt(v), correction), epsilon)
    const p = f32x4.mul(v128.load(parameter + at), keep)
    v128.store(parameter + at, f32x4.sub(p, f32x4.div(f32x4.mul(step, m), scale)))
  }
}
