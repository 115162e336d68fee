// Writes a WebAssembly module by hand: one exported memory, a few exported functions, no imports.
// Only what the kernels of this package need of the binary format (WebAssembly core specification
// 2.0, section 5, and the fixed-width SIMD opcodes), so that no compiler is part of the build.

/** Value types. */
export const type = { i32: 0x7f, i64: 0x7e, f64: 0x7c, v128: 0x7b } as const

/** Instructions, as the bytes that encode them. */
export const op = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  end: [0x0b],
  br: (depth: number) => [0x0c, ...unsigned(depth)],
  brIf: (depth: number) => [0x0d, ...unsigned(depth)],
  select: [0x1b],
  get: (local: number) => [0x20, ...unsigned(local)],
  set: (local: number) => [0x21, ...unsigned(local)],
  tee: (local: number) => [0x22, ...unsigned(local)],
  i32: (value: number) => [0x41, ...signed(BigInt(value))],
  i64: (value: bigint) => [0x42, ...signed(value)],
  i32Load: (offset: number) => [0x28, 2, ...unsigned(offset)],
  i32TrailingZeros: [0x68],
  i32EqualZero: [0x45],
  i32Add: [0x6a],
  i32ShiftLeft: [0x74],
  i32LessUnsigned: [0x49],
  i64Load: (offset: number) => [0x29, 3, ...unsigned(offset)],
  i64Store: (offset: number) => [0x37, 3, ...unsigned(offset)],
  i64LessUnsigned: [0x54],
  i64Add: [0x7c],
  i64Sub: [0x7d],
  i64Mul: [0x7e],
  i64And: [0x83],
  i64ShiftRightUnsigned: [0x88],
  f64Load: (offset: number) => [0x2b, 3, ...unsigned(offset)],
  f64Store: (offset: number) => [0x39, 3, ...unsigned(offset)],
  f64Add: [0xa0],
  v128Load: (offset: number) => simd(0x00, 4, ...unsigned(offset)),
  v128LoadSplat32: (offset: number) => simd(0x09, 2, ...unsigned(offset)),
  v128Store: (offset: number) => simd(0x0b, 4, ...unsigned(offset)),
  /** Bytes of two vectors, numbered 0-15 and 16-31, in a new order. */
  i8x16Shuffle: (bytes: readonly number[]) => simd(0x0d, ...bytes),
  v128And: simd(0x4e),
  v128AndNot: simd(0x4f),
  f32x4Greater: simd(0x44),
  /** The second where it is smaller (larger), else the first: one instruction on x86, unlike f32x4.min. */
  f32x4PseudoMin: simd(0xea),
  f32x4PseudoMax: simd(0xeb),
  i32x4Splat: simd(0x11),
  i32x4ExtractLane: (lane: number) => simd(0x1b, lane),
  i32x4Add: simd(0xae),
  i32x4Mul: simd(0xb5),
  i32x4MinUnsigned: simd(0xb7),
} as const

export interface WasmFunction {
  readonly name: string
  /** How many i32 parameters; they are locals 0, 1, … */
  readonly parameters: number
  /** Types of the other locals, in order. */
  readonly locals: readonly number[]
  /** Lines of instructions; the final `end` is added. */
  readonly body: readonly (readonly (readonly number[])[])[]
}

const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** The bytes of a module that exports `memory` of `pages` pages and the given functions. */
export function wasmModule(pages: number, functions: readonly WasmFunction[]): Uint8Array {
  const types = functions.map(({ parameters }) => {
    return [0x60, ...vector(Array.from({ length: parameters }, () => [type.i32])), 0]
  })
  const exports = functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)])
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((kind) => [1, kind])), ...body.flat(2), ...op.end]
    return [...unsigned(code.length), ...code]
  })
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0, ...unsigned(pages)]])),
    ...section(7, vector([[...text('memory'), 2, 0], ...exports])),
    ...section(10, vector(bodies)),
  ])
}

function simd(opcode: number, ...operands: number[]): number[] {
  return [0xfd, ...unsigned(opcode), ...operands]
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content]
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()]
}

function text(name: string): number[] {
  return vector(Array.from(name, (character) => [character.codePointAt(0)!]))
}

/** LEB128, the format's variable-length integer. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const more = rest > 0x7f ? 0x80 : 0
    bytes.push((rest & 0x7f) | more)
    rest >>>= 7
  } while (rest > 0)
  return bytes
}

function signed(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    const isLast = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)
    bytes.push(isLast ? low : low | 0x80)
    if (isLast) return bytes
  }
}
