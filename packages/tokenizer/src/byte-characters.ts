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

/** The byte each character stands for, by code point; -1 for the others. */
export const characterBytes: Int16Array = makeCharacterBytes()

function makeCharacterBytes(): Int16Array {
  const table = new Int16Array(512).fill(-1)
  byteCharacters.forEach((codePoint, byte) => {
    table[codePoint] = byte
  })
  return table
}

/** Bytes in GPT-2's spelling: how byte-level vocabularies write their tokens. */
export function spellBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byteCharacters[byte]!)
  return text
}

/** The bytes behind a byte-level token, or undefined when a character stands for none. */
export function unspellBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = characterBytes[token.charCodeAt(i)] ?? -1
    if (byte < 0) return undefined
    bytes[i] = byte
  }
  return bytes
}
