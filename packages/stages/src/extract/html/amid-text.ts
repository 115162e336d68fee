// Blocks that stand in a text are judged more mildly than blocks beside it. The threshold of an article asks for
// what is surely text (select-blocks.ts), since teasers, headlines of other pages and bylines look like it;
// in the element of the text there is less of that, and between two blocks that stay hardly any.
// Cost: two passes over the blocks, one over part of the nodes.
import type { Analysis } from './analyse-page.ts'
import { scratch } from './scratch.ts'
import { tagNumber } from './tags.ts'

const BODY = tagNumber('body')
const massBefore = scratch(Float64Array)

/** What stands in the element of the text, the smallest with more than half of the words kept so far. */
export function keepInText(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  const { count, words, begun } = blocks
  const before = massBefore(count + 1)
  before[0] = 0
  for (let block = 0; block < count; block++) {
    const mass = keep[block] === 1 ? (probabilities[block] ?? 0) * (words[block] ?? 0) : 0
    before[block + 1] = (before[block] ?? 0) + mass
  }
  const half = (before[count] ?? 0) / 2
  let text = -1
  for (let node = 0; node < page.count;) {
    const stop = page.end[node] ?? page.count
    const inside = (before[begun[stop] ?? count] ?? 0) - (before[begun[node] ?? 0] ?? 0)
    if (inside > half) text = node
    node = inside > half ? node + 1 : stop
  }
  if (text < 0 || page.tag[text] === BODY) return
  const stop = begun[page.end[text] ?? page.count] ?? count
  for (let block = begun[text] ?? 0; block < stop; block++)
    if ((probabilities[block] ?? 0) >= likely) keep[block] = 1
}

/** Half would do for text; bylines and share links stand in its element too. */
const likely = 0.55

/** Captions, short answers, lines of dialogue: what stands beside kept blocks, before it and after it. */
export function keepBetween(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  const { count, container } = blocks
  const parentOf = (block: number): number => page.parent[container[block] ?? -1] ?? -1
  let last = -1
  let next = -1
  for (let block = 0; block < count; block++) {
    if (keep[block] === 1) {
      last = block
      continue
    }
    if (last < 0 || (probabilities[block] ?? 0) < doubtful) continue
    if (next < block) next = keep.indexOf(1, block)
    if (next < 0) return
    if (parentOf(last) === parentOf(block) && parentOf(next) === parentOf(block)) {
      keep[block] = 1
      last = block
    }
  }
}

/** Less probable blocks are no part of the text they stand in: related links, advertisements. */
const doubtful = 0.3
