// bzip2 (Seward 1996; the format as its decompressor reads it), block by block, with any number of
// streams in a file: Wikipedia dumps have one per 100 pages. Written here because no package on
// npm inflates piece by piece without holding the file.
//
// A block: Huffman codes -> move-to-front with runs of zero -> inverse Burrows-Wheeler -> runs of
// bytes. Each block has a checksum, which is verified. Memory: 8 MB. Cost: 10 to 20 MB/s of text.
// Not read: blocks marked as randomised, which no bzip2 since 0.9.5 (1999) writes.
import type { DecodedSource } from './decoded-source.ts'
import type { FileBytes } from './file-bytes.ts'
import { LookAhead } from './look-ahead.ts'

const maxBlockBytes = 900_000
/** More than the compressed bytes of any block. */
const blockAheadBytes = 1 << 20
const symbolsPerGroup = 50
const maxCodeBits = 20
const lookupBits = 10

const checksumTable = new Int32Array(256).map((_, byte) => {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1
  return value
})

/** First bytes of a stream: 'BZh', the level, and the mark of its first block. */
export const streamMark = /^BZh[1-9]1AY&SY/

export class Bzip2Source implements DecodedSource {
  problem: string | undefined
  /** File offset of the stream that the block pulled last belongs to. */
  streamStart: number
  readonly #input: LookAhead
  readonly #transform = new Uint32Array(maxBlockBytes)
  #bit: number
  #isInStream = false

  constructor(file: FileBytes, start = 0) {
    this.#input = new LookAhead(file)
    this.#bit = start * 8
    this.streamStart = start
  }

  /** The content of the next block: usually up to 900 kB. */
  pull(): Uint8Array | undefined {
    while (this.problem === undefined) {
      if (!this.#isInStream && !this.#openStream()) return undefined
      const start = Math.floor(this.#bit / 8)
      const bits = new Bits(this.#input.look(start, blockAheadBytes), this.#bit % 8)
      const high = bits.take(24)
      const low = bits.take(24)
      if (high === 0x314159 && low === 0x265359) {
        const content = this.#block(bits)
        if (content === undefined) {
          this.problem = bits.isOver ? 'cut-member' : 'bad-member'
          return undefined
        }
        this.#bit = start * 8 + bits.position
        return content
      }
      if (high !== 0x177245 || low !== 0x385090) {
        this.problem = bits.isOver ? 'cut-member' : 'bad-member'
        return undefined
      }
      bits.take(16) // the checksum of checksums
      bits.take(16)
      this.#bit = start * 8 + Math.ceil(bits.position / 8) * 8
      this.#isInStream = false
    }
    return undefined
  }

  #openStream(): boolean {
    const start = this.#input.skipPadding(this.#bit / 8)
    const view = this.#input.look(start, 16)
    if (view.length === 0) return false
    if (!/^BZh[1-9]/.test(view.toString('latin1', 0, 4))) {
      this.problem = 'bad-member'
      return false
    }
    this.streamStart = start
    this.#bit = (start + 4) * 8
    this.#isInStream = true
    return true
  }

  /** Decodes one block behind its mark; undefined when it is damaged. */
  #block(bits: Bits): Buffer | undefined {
    const checksum = (bits.take(16) << 16) | bits.take(16)
    if (bits.take(1) !== 0) return undefined
    const origin = bits.take(24)
    const bytes = readAlphabet(bits)
    const groups = bits.take(3)
    const selectorCount = bits.take(15)
    if (bytes.length === 0 || groups < 2 || groups > 6 || selectorCount < 1) return undefined
    const selectors = readSelectors(bits, groups, selectorCount)
    if (selectors === undefined) return undefined
    const codes: HuffmanCode[] = []
    for (let group = 0; group < groups; group++) {
      const code = readCode(bits, bytes.length + 2)
      if (code === undefined) return undefined
      codes.push(code)
    }
    const counts = new Uint32Array(256)
    const length = decodeSymbols(bits, bytes, selectors, codes, this.#transform, counts)
    if (length === undefined || origin >= length || bits.isOver) return undefined
    const content = untransform(this.#transform, counts, length, origin)
    return checksumOf(content) === checksum ? content : undefined
  }
}

/** Bits of a buffer, most significant first. Past the end they are zero and `isOver` is true. */
class Bits {
  readonly bytes: Buffer
  position: number

  constructor(bytes: Buffer, position: number) {
    this.bytes = bytes
    this.position = position
  }

  get isOver(): boolean {
    return this.position > this.bytes.length * 8
  }

  /** The next `count` bits, 24 at most. */
  take(count: number): number {
    const value = this.peek(count)
    this.position += count
    return value
  }

  peek(count: number): number {
    const at = this.position >> 3
    const { bytes } = this
    const first = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16)
    const word = first | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
    return (word << (this.position & 7)) >>> (32 - count)
  }
}

/** The byte values that occur: a map of 16 ranges, then one of 16 values for each used range. */
function readAlphabet(bits: Bits): Uint8Array {
  const ranges = bits.take(16)
  const bytes: number[] = []
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue
    const values = bits.take(16)
    for (let value = 0; value < 16; value++) {
      if ((values & (0x8000 >> value)) !== 0) bytes.push(range * 16 + value)
    }
  }
  return Uint8Array.from(bytes)
}

/** Which code each run of 50 symbols uses: move-to-front positions in unary. */
function readSelectors(bits: Bits, groups: number, count: number): Uint8Array | undefined {
  const order = [0, 1, 2, 3, 4, 5]
  const selectors = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    let at = 0
    while (bits.take(1) === 1) if (++at >= groups) return undefined
    const [group = 0] = order.splice(at, 1)
    order.unshift(group)
    selectors[i] = group
  }
  return selectors
}

/** A canonical Huffman code: short codes by table, long ones by their length's range. */
interface HuffmanCode {
  /** By the next 10 bits: symbol * 32 + length, or 0. */
  readonly lookup: Uint16Array
  /** By length: one past the last code of that length, aligned to 20 bits. */
  readonly limits: Int32Array
  /** By length: what to take off a code to get the place of its symbol. */
  readonly bases: Int32Array
  readonly symbols: Uint16Array
}

function readCode(bits: Bits, size: number): HuffmanCode | undefined {
  const lengths = new Uint8Array(size)
  let length = bits.take(5)
  for (let symbol = 0; symbol < size; symbol++) {
    for (;;) {
      if (length < 1 || length > maxCodeBits) return undefined
      if (bits.take(1) === 0) break
      length += bits.take(1) === 0 ? 1 : -1
    }
    lengths[symbol] = length
  }
  const lookup = new Uint16Array(1 << lookupBits)
  const limits = new Int32Array(maxCodeBits + 2)
  const bases = new Int32Array(maxCodeBits + 2)
  const symbols = new Uint16Array(size)
  let code = 0
  let place = 0
  for (let bitCount = 1; bitCount <= maxCodeBits; bitCount++) {
    bases[bitCount] = code - place
    for (let symbol = 0; symbol < size; symbol++) {
      if (lengths[symbol] !== bitCount) continue
      if (bitCount <= lookupBits) {
        const spread = 1 << (lookupBits - bitCount)
        lookup.fill(symbol * 32 + bitCount, code * spread, (code + 1) * spread)
      }
      symbols[place++] = symbol
      code++
    }
    limits[bitCount] = code << (maxCodeBits - bitCount)
    code <<= 1
  }
  return { lookup, limits, bases, symbols }
}

/**
 * Huffman codes to bytes: symbols 0 and 1 are the digits of a run of the front byte (bijective base
 * 2), others move a byte to the front, the last ends the block. Fills `transform` with the bytes and
 * `counts` with how often each occurs; answers the length, or undefined on damage.
 */
function decodeSymbols(
  bits: Bits,
  alphabet: Uint8Array,
  selectors: Uint8Array,
  codes: readonly HuffmanCode[],
  transform: Uint32Array,
  counts: Uint32Array,
): number | undefined {
  const order = alphabet.slice()
  const endSymbol = alphabet.length + 1
  let length = 0
  let runLength = 0
  let runDigit = 1
  for (const selector of selectors) {
    const code = codes[selector]
    if (code === undefined) return undefined
    const { lookup, limits, bases, symbols } = code
    for (let i = 0; i < symbolsPerGroup; i++) {
      const next = bits.peek(maxCodeBits)
      const entry = lookup[next >>> (maxCodeBits - lookupBits)]!
      let symbol: number
      if (entry !== 0) {
        symbol = entry >>> 5
        bits.position += entry & 31
      } else {
        let bitCount = lookupBits + 1
        while (bitCount <= maxCodeBits && next >= limits[bitCount]!) bitCount++
        if (bitCount > maxCodeBits) return undefined
        symbol = symbols[(next >>> (maxCodeBits - bitCount)) - bases[bitCount]!]!
        bits.position += bitCount
      }
      if (symbol < 2) {
        runLength += runDigit << symbol
        runDigit <<= 1
        if (runLength > maxBlockBytes) return undefined
        continue
      }
      if (runLength > 0) {
        if (length + runLength > maxBlockBytes) return undefined
        const byte = order[0]!
        transform.fill(byte, length, length + runLength)
        counts[byte]! += runLength
        length += runLength
        runLength = 0
        runDigit = 1
      }
      if (symbol === endSymbol) return length
      if (length >= maxBlockBytes) return undefined
      const at = symbol - 1
      const byte = order[at]!
      order.copyWithin(1, 0, at)
      order[0] = byte
      transform[length++] = byte
      counts[byte]!++
    }
    if (bits.isOver) return undefined
  }
  return undefined
}

/** Inverse Burrows-Wheeler transform, then undoes runs: four equal bytes are followed by a count. */
function untransform(
  transform: Uint32Array,
  counts: Uint32Array,
  length: number,
  origin: number,
): Buffer {
  let sum = 0
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte]!
    counts[byte] = sum
    sum += count
  }
  // The low 8 bits hold the byte, the upper 24 the place of the byte that follows it.
  for (let i = 0; i < length; i++) transform[counts[transform[i]! & 0xff]!++]! |= i << 8
  let out = Buffer.allocUnsafeSlow(length + (length >> 3) + 256)
  let size = 0
  let place = transform[origin]! >>> 8
  let last = -1
  let equal = 0
  for (let i = 0; i < length; i++) {
    const entry = transform[place]!
    const byte = entry & 0xff
    place = entry >>> 8
    if (size + 256 > out.length) out = Buffer.concat([out], out.length * 2)
    if (equal === 4) {
      out.fill(last, size, size + byte)
      size += byte
      equal = 0
      last = -1
      continue
    }
    equal = byte === last ? equal + 1 : 1
    last = byte
    out[size++] = byte
  }
  return out.subarray(0, size)
}

function checksumOf(content: Buffer): number {
  let checksum = -1
  for (let i = 0; i < content.length; i++) {
    checksum = (checksum << 8) ^ checksumTable[(checksum >>> 24) ^ content[i]!]!
  }
  return ~checksum
}
