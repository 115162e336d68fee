// TensorBoard event files: TFRecord frames (length, masked CRC32C, payload, masked CRC32C) around
// `Event` protocol buffers with scalar summaries. Formats: tensorflow/core/lib/io/record_writer and
// tensorflow/core/util/event.proto; written by hand, it is a hundred bytes per record.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

export interface EventFile {
  write(step: number, scalars: Readonly<Record<string, number>>): void
}

/** Creates a new event file in a folder; `now` gives milliseconds. */
export function createEventFile(folder: string, now: () => number): EventFile {
  mkdirSync(folder, { recursive: true })
  const path = join(
    folder,
    `events.out.tfevents.${Math.floor(now() / 1000)}.shardmill.${process.pid}`,
  )
  append(path, [...double(1, now() / 1000), ...bytes(3, Buffer.from('brain.Event:2'))])
  return {
    write(step, scalars) {
      const values = Object.entries(scalars).flatMap(([tag, value]) => [
        ...bytes(1, [...bytes(1, Buffer.from(tag)), ...float(2, value)]),
      ])
      append(path, [...double(1, now() / 1000), ...integer(2, step), ...bytes(5, values)])
    },
  }
}

function append(path: string, payload: readonly number[]): void {
  const data = Buffer.from(payload)
  const frame = Buffer.alloc(16 + data.length)
  frame.writeBigUInt64LE(BigInt(data.length))
  frame.writeUInt32LE(maskedCrc(frame.subarray(0, 8)), 8)
  data.copy(frame, 12)
  frame.writeUInt32LE(maskedCrc(data), 12 + data.length)
  appendFileSync(path, frame)
}

function varint(value: number): number[] {
  const out: number[] = []
  while (value >= 0x80) {
    out.push((value % 0x80) | 0x80)
    value = Math.floor(value / 0x80)
  }
  return [...out, value]
}

const integer = (field: number, value: number): number[] => [field << 3, ...varint(value)]

function double(field: number, value: number): number[] {
  const data = Buffer.alloc(8)
  data.writeDoubleLE(value)
  return [(field << 3) | 1, ...data]
}

function float(field: number, value: number): number[] {
  const data = Buffer.alloc(4)
  data.writeFloatLE(value)
  return [(field << 3) | 5, ...data]
}

function bytes(field: number, data: Iterable<number>): number[] {
  const list = [...data]
  return [(field << 3) | 2, ...varint(list.length), ...list]
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1
  return c
})

/** CRC32C (Castagnoli), rotated and offset as TFRecord wants it. */
export function maskedCrc(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8)
  crc = ~crc >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
