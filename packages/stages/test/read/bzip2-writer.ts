// A bzip2 encoder for tests, as plain as can be: every Huffman code is 9 bits long, the transform
// sorts rotations naively. It shares no code with the decoder.

/** One bzip2 stream of blocks of at most 2,000 bytes. */
export function bzip2Stored(content: Buffer): Buffer {
  const bits: number[] = []
  const put = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push(Math.floor(value / 2 ** bit) % 2)
  }
  for (const byte of Buffer.from('BZh1')) put(byte, 8)
  let combined = 0
  for (let at = 0; at < content.length; at += 2000) {
    const block = content.subarray(at, at + 2000)
    const checksum = checksumOf(block)
    combined = ((((combined << 1) | (combined >>> 31)) >>> 0) ^ checksum) >>> 0
    putBlock(put, encodeRuns(block), checksum)
  }
  put(0x177245, 24)
  put(0x385090, 24)
  put(combined, 32)
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [i, bit] of bits.entries()) bytes[i >> 3]! |= bit << (7 - (i & 7))
  return bytes
}

function putBlock(put: (value: number, count: number) => void, data: number[], checksum: number) {
  put(0x314159, 24)
  put(0x265359, 24)
  put(checksum, 32)
  put(0, 1)
  const doubled = Buffer.from([...data, ...data])
  const rotation = (at: number) => doubled.subarray(at, at + data.length)
  const order = data.map((_, at) => at)
  order.sort((a, b) => Buffer.compare(rotation(a), rotation(b)) || a - b)
  put(order.indexOf(0), 24)
  const alphabet = [...new Set(data)].toSorted((a, b) => a - b)
  for (let range = 0; range < 16; range++)
    put(alphabet.some((byte) => byte >> 4 === range) ? 1 : 0, 1)
  for (let range = 0; range < 16; range++) {
    if (!alphabet.some((byte) => byte >> 4 === range)) continue
    for (let low = 0; low < 16; low++) put(alphabet.includes(range * 16 + low) ? 1 : 0, 1)
  }
  const symbols: number[] = []
  const front = [...alphabet]
  let run = 0
  const endRun = () => {
    for (; run > 0; run = (run - 1) >> 1) symbols.push((run - 1) % 2)
    run = 0
  }
  for (const start of order) {
    const byte = data[(start + data.length - 1) % data.length]!
    const place = front.indexOf(byte)
    if (place === 0) {
      run++
      continue
    }
    endRun()
    front.splice(place, 1)
    front.unshift(byte)
    symbols.push(place + 1)
  }
  endRun()
  symbols.push(alphabet.length + 1)
  const selectors = Math.ceil(symbols.length / 50)
  put(2, 3)
  put(selectors, 15)
  for (let i = 0; i < selectors; i++) put(0, 1)
  for (let group = 0; group < 2; group++) {
    put(9, 5)
    for (let symbol = 0; symbol < alphabet.length + 2; symbol++) put(0, 1)
  }
  for (const symbol of symbols) put(symbol, 9)
}

/** Four equal bytes are followed by how many more there are. */
function encodeRuns(block: Buffer): number[] {
  const out: number[] = []
  for (let at = 0; at < block.length;) {
    const byte = block[at]!
    let length = 1
    while (length < 255 && block[at + length] === byte) length++
    for (let i = 0; i < Math.min(length, 4); i++) out.push(byte)
    if (length >= 4) out.push(length - 4)
    at += length
  }
  return out
}

function checksumOf(bytes: Buffer): number {
  let checksum = 0xffffffff
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (checksum >>> 31) ^ ((byte >> bit) & 1)
      checksum = ((checksum << 1) ^ (top === 1 ? 0x04c11db7 : 0)) >>> 0
    }
  }
  return (checksum ^ 0xffffffff) >>> 0
}
