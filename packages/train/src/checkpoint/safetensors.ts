// The safetensors format (huggingface/safetensors): eight bytes of header length, a JSON header with
// name, type, shape and place of every tensor, then the raw numbers. We write F32 (and I64 counters
// as metadata); we read F32, F16 and BF16. One tensor at a time is in memory beside the model.
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { z } from 'zod'
import { InputError } from '@shardmill/core/errors'

export interface NamedTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Called when its turn comes. */
  values(): Float32Array
}

const placeSchema = z.tuple([z.int().min(0), z.int().min(0)]).refine(([from, to]) => from <= to)
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).optional() })
  .catchall(
    z.object({ dtype: z.string(), shape: z.array(z.int().min(0)), data_offsets: placeSchema }),
  )
type Header = z.output<typeof headerSchema>

/** Writes and syncs a file; the caller gives it its final name. */
export function writeSafetensors(
  path: string,
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): void {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } }
  let offset = 0
  for (const { name, shape } of tensors) {
    const bytes = shape.reduce((a, b) => a * b, 1) * 4
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes] }
    offset += bytes
  }
  const text = Buffer.from(JSON.stringify(header))
  // The numbers begin at a multiple of eight; spaces fill the header.
  const padded = Math.ceil(text.length / 8) * 8
  const start = Buffer.alloc(8 + padded, ' ')
  start.writeBigUInt64LE(BigInt(padded))
  text.copy(start, 8)
  const file = openSync(path, 'w')
  try {
    writeAll(file, start)
    for (const tensor of tensors) {
      const values = tensor.values()
      // A view of shared memory cannot be written directly.
      const own = values.buffer instanceof SharedArrayBuffer ? Float32Array.from(values) : values
      writeAll(file, Buffer.from(own.buffer, own.byteOffset, own.byteLength))
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
}

/** All tensors of a file as single precision, with the header's metadata. */
export function readSafetensors(path: string): {
  tensors: Map<string, { shape: number[]; values: Float32Array }>
  metadata: Record<string, string>
} {
  const file = openSync(path, 'r')
  try {
    const length = Number(readBytes(path, file, 0, 8).readBigUInt64LE())
    if (length > 100 << 20) throw new InputError(`${path}: not a safetensors file`)
    const { __metadata__: metadata, ...entries } = parseHeader(
      path,
      readBytes(path, file, 8, length),
    )
    const tensors = new Map<string, { shape: number[]; values: Float32Array }>()
    for (const [name, { dtype, shape, data_offsets: place }] of Object.entries(entries)) {
      const bytes = readBytes(path, file, 8 + length + place[0], place[1] - place[0])
      tensors.set(name, { shape, values: decode(`${path}: ${name}`, dtype, bytes) })
    }
    return { tensors, metadata: metadata ?? {} }
  } finally {
    closeSync(file)
  }
}

/** The header of a file; whether its numbers are there, reading them tells. */
function parseHeader(path: string, bytes: Buffer): Header {
  try {
    return headerSchema.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw new InputError(`${path}: the header of the safetensors file is damaged`, { cause })
  }
}

function readBytes(path: string, file: number, from: number, length: number): Buffer {
  // Aligned, so that numbers can be viewed in place.
  const bytes = Buffer.from(new ArrayBuffer(length))
  for (let at = 0; at < length;) {
    const count = readSync(file, bytes, at, length - at, from + at)
    if (count === 0) throw new InputError(`${path}: ends early, expected ${from + length} bytes`)
    at += count
  }
  return bytes
}

function decode(place: string, dtype: string, bytes: Buffer): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes
  if (dtype === 'F32') return new Float32Array(buffer, byteOffset, byteLength / 4)
  if (dtype !== 'BF16' && dtype !== 'F16') {
    throw new InputError(`${place}: expected F32, F16 or BF16, got ${dtype}`)
  }
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2)
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) {
    words[i] = dtype === 'BF16' ? halves[i]! << 16 : widenHalf(halves[i]!)
  }
  return new Float32Array(words.buffer)
}

/** The bits of a half-precision number as single precision. */
function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >>> 10) & 31
  let fraction = half & 0x3ff
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13)
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  // Subnormal: shift until the leading bit is implied.
  let shift = 0
  while ((fraction & 0x400) === 0) {
    fraction <<= 1
    shift++
  }
  return sign | ((113 - shift) << 23) | ((fraction & 0x3ff) << 13)
}
