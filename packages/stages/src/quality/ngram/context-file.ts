// How contexts and their words lie in the files between adjust-counts.ts and estimate.ts: two numbers
// per context and one per word in the common case, for reading numbers is a good part of the work.
//   context   its first word; words * 16 + children * 2 + (1 if pruned counts follow)
//   word      (difference to the word before) * 4 + count
// A count above 3 is written as 0 and follows, children above 6 as 7.
import type { NumberReader, NumberWriter } from './byte-file.ts'

const [maxChildren, maxCount] = [7, 3]

export function writeHead(
  writer: NumberWriter,
  first: number,
  children: number,
  words: number,
  prunedCount: number,
): void {
  const few = children < maxChildren ? children : maxChildren
  writer.write(first)
  writer.write(words * 16 + few * 2 + (prunedCount > 0 ? 1 : 0))
  if (few === maxChildren) writer.write(children)
  if (prunedCount > 0) writer.write(prunedCount)
}

export function writeWord(writer: NumberWriter, difference: number, count: number): void {
  const isSmall = count <= maxCount
  writer.write(difference * 4 + (isSmall ? count : 0))
  if (!isSmall) writer.write(count)
}

/** The head of a context, read into fields. */
export class ContextHead {
  first = 0
  children = 0
  words = 0
  prunedCount = 0

  read(reader: NumberReader): void {
    this.first = reader.read()
    const head = reader.read()
    this.words = Math.floor(head / 16)
    const few = (head >>> 1) & 7
    this.children = few === maxChildren ? reader.read() : few
    this.prunedCount = head & 1 ? reader.read() : 0
  }
}
