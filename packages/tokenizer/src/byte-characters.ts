// GPT-2's spelling of bytes as visible characters (Radford et al. 2019, `bytes_to_unicode`): bytes
// 33-126, 161-172 and 174-255 stand for themselves, the others take U+0100, U+0101 … in order.

/** The code point that stands for each byte. */
export const byteCharacters: Uint16Array = makeByteCharacters()

function makeByteCharacters(): Uint16Array {
  const table = new Uint16Array(256)
  let next = 256
  for (let byte = 0; byte < 256; byte++) {
    const isVisible = (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173)
    table[byte] = isVisible ? byte : next++
  }
  return table
}
