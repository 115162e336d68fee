// GPT-2's spelling of bytes as printable characters, used inside tokenizer.json: bytes that are
// visible in Latin-1 stand for themselves, the other 68 are U+0100, U+0101, … in byte order
// (openai/gpt-2 encoder.py, `bytes_to_unicode`). So `Ġthe` is the token " the".
const characters: string[] = []
const bytesOfCharacters = new Map<string, number>()
let other = 0x100
for (let byte = 0; byte < 256; byte++) {
  const isVisible = (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173)
  const character = String.fromCharCode(isVisible ? byte : other++)
  characters.push(character)
  bytesOfCharacters.set(character, byte)
}

/** Bytes in byte-level spelling. */
export function textOfBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += characters[byte]!
  return text
}

/** The bytes a byte-level spelling stands for, or undefined when it is not one. */
export function bytesOfByteLevel(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const byte = bytesOfCharacters.get(text[i]!)
    if (byte === undefined) return undefined
    bytes[i] = byte
  }
  return bytes
}
