// Cuts a stream of bytes into blocks of whole lines, so that a reader can run through a block
// without waiting. Memory: one chunk and the longest line, at most `maxLineBytes`; longer lines are
// passed over without being held.
import type { ByteSource } from './file-bytes.ts'

export interface LineBlock {
  /** Whole lines, or undefined for one line that was too long. */
  readonly bytes: Buffer | undefined
  /** Offset of the block's first byte in the stream. */
  readonly position: number
}

const newline = 10

export async function* readLineBlocks(
  source: ByteSource,
  start: number,
  maxLineBytes: number,
): AsyncGenerator<LineBlock> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let position = start // of the first held byte, or of a line that is too long
  let isTooLong = false
  for (;;) {
    const pulled = await source.pull()
    if (pulled === undefined) break
    let chunk = Buffer.from(pulled.buffer, pulled.byteOffset, pulled.byteLength)
    const firstEnd = chunk.indexOf(newline)
    if (firstEnd < 0 || heldBytes + firstEnd > maxLineBytes) {
      if (heldBytes + (firstEnd < 0 ? chunk.length : firstEnd) > maxLineBytes) {
        isTooLong = true
        held = []
      }
      if (firstEnd < 0) {
        if (!isTooLong) held.push(chunk)
        heldBytes += chunk.length
        continue
      }
    }
    if (isTooLong) {
      yield { bytes: undefined, position }
      position += heldBytes + firstEnd + 1
      isTooLong = false
      heldBytes = 0
      chunk = chunk.subarray(firstEnd + 1)
    }
    const end = chunk.lastIndexOf(newline) + 1
    if (end > 0) {
      const lines = chunk.subarray(0, end)
      const bytes = heldBytes === 0 ? lines : Buffer.concat([...held, lines])
      yield { bytes, position }
      position += bytes.length
      held = []
      heldBytes = 0
    }
    if (end < chunk.length) {
      held.push(chunk.subarray(end))
      heldBytes += chunk.length - end
    }
  }
  if (isTooLong) yield { bytes: undefined, position }
  else if (heldBytes > 0) yield { bytes: Buffer.concat(held), position }
}
