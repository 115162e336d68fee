// Stretches of the committed files that are nothing but 32-bit words: exchange records, members, labels,
// verdicts, marks.
import { open } from 'node:fs/promises'

/** `count` words of a file from word `first` on. */
export interface Stretch {
  readonly path: string
  readonly first: number
  readonly count: number
}

/** Stretches one behind the other; `onStretch` is called before each is read. */
export async function readStretches(
  stretches: readonly Stretch[],
  onStretch: () => void = () => {},
): Promise<Uint32Array> {
  const words = new Uint32Array(stretches.reduce((sum, { count }) => sum + count, 0))
  let at = 0
  for (const { path, first, count } of stretches) {
    onStretch()
    await readWordsInto(words.subarray(at, (at += count)), path, first)
  }
  return words
}

/** `count` 32-bit words of a file from word `first` on. */
export async function readWords(path: string, first: number, count: number): Promise<Uint32Array> {
  const words = new Uint32Array(count)
  await readWordsInto(words, path, first)
  return words
}

/** Fills `words` from a file, from its word `first` on. */
export async function readWordsInto(
  words: Uint32Array,
  path: string,
  first: number,
): Promise<void> {
  const { byteOffset, byteLength, length } = words
  const bytes = new Uint8Array(words.buffer, byteOffset, byteLength)
  const handle = await open(path, 'r')
  try {
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, first * 4 + at)
      if (bytesRead === 0) throw new Error(`${path}: ends before word ${first + length}`)
      at += bytesRead
    }
  } finally {
    await handle.close()
  }
}
