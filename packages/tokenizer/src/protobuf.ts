// Reads the fields of one protocol buffer message (protobuf.dev, "Encoding"), without a schema.
export interface ProtoField {
  readonly field: number
  /** A varint; exact up to 2^53. */
  readonly number?: number
  /** Strings, bytes and nested messages. */
  readonly bytes?: Uint8Array
  readonly float?: number
}

/** Every field in order. Throws `RangeError` when the message is cut short. */
export function* readFields(message: Uint8Array): Generator<ProtoField> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const key = varint()
    const field = Math.floor(key / 8)
    switch (key % 8) {
      case 0:
        yield { field, number: varint() }
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = varint()
        if (at + length > message.length) throw new RangeError(`field ${field} is cut short`)
        yield { field, bytes: message.subarray(at, (at += length)) }
        break
      }
      case 5:
        yield { field, float: view.getFloat32(at, true) }
        at += 4
        break
      default:
        throw new RangeError(`field ${field}: wire type ${key % 8}`)
    }
  }
}
