// Blocks that look alike: their elements have the same tags, and the same classes, from the root down.
// Pages are printed by templates, so what looks alike is alike: posts of a thread, rows of a listing,
// captions, bylines (wrapper induction: Kushmerick et al. 1997; RoadRunner, Crescenzi et al. 2001). A block
// that says little by itself is judged by its kin. Two families, one by tags and classes and one by tags
// alone, because some templates number their classes or change them from row to row.
// Cost: one pass over the nodes and two over the blocks for each family.
import { latinLength, type Blocks } from './blocks.ts'
import { log2 } from './log2.ts'
import type { Page } from './scan.ts'

const families = ['class', 'tag'] as const

/** What is known before the first opinion. */
export const lookFeatureNames: readonly string[] = families.flatMap((family) =>
  [
    'Blocks',
    'Chars',
    'LinkDensity',
    'Share',
    'Stops',
    'CharsPerBlock',
    'Place',
    'Spread',
    'Parents',
  ].map((name) => `${family}Kin${name}`),
)
/** What the first opinion says of the kin. */
export const lookContextNames: readonly string[] = families.flatMap((family) =>
  ['Mean', 'Max', 'Others'].map((name) => `${family}Kin${name}`),
)

interface Family {
  /** Number of the kin that each block belongs to. */
  readonly kinOf: Int32Array
  readonly count: number
}

/** The kin of every block, by class and by tag; valid until the next page. */
export type Looks = readonly Family[]

const paths = families.map(() => new Int32Array(0))
/** The path of text that no element holds, and the start of all others. */
const rootPath = 17
const hashStep = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193)

export function looksOf(page: Page, blocks: Blocks): Looks {
  const { count, tag, parent, look } = page
  for (const i of families.keys())
    if ((paths[i]?.length ?? 0) < count) paths[i] = new Int32Array(count * 2)
  const [byClass, byTag] = paths as [Int32Array, Int32Array]
  for (let node = 0; node < count; node++) {
    const number = tag[node] as number
    if (number === 0) continue
    const up = parent[node] as number
    byClass[node] = hashStep(
      hashStep(up < 0 ? rootPath : (byClass[up] as number), number),
      look[node] as number,
    )
    byTag[node] = hashStep(up < 0 ? rootPath : (byTag[up] as number), number)
  }
  return paths.map((path) => familyOf(path, blocks))
}

function familyOf(path: Int32Array, { count, container }: Blocks): Family {
  const kinOf = new Int32Array(count)
  let size = 64
  while (size < 2 * count) size *= 2
  /** Kin + 1 by slot. */
  const slots = new Int32Array(size)
  const hashes = new Int32Array(count)
  let kinds = 0
  for (let block = 0; block < count; block++) {
    const node = container[block] as number
    const hash = node < 0 ? rootPath : (path[node] as number)
    let slot = (hash ^ (hash >>> 15)) & (size - 1)
    while (slots[slot] !== 0 && hashes[(slots[slot] as number) - 1] !== hash)
      slot = (slot + 1) & (size - 1)
    if (slots[slot] === 0) {
      hashes[kinds] = hash
      slots[slot] = ++kinds
    }
    kinOf[block] = (slots[slot] as number) - 1
  }
  return { kinOf, count: kinds }
}

/** Writes the look features of every block into `rows`, from column `column` of each row of `width` columns. */
export function fillLooks(
  page: Page,
  blocks: Blocks,
  looks: Looks,
  rows: Float32Array,
  width: number,
  column: number,
): void {
  const { count, container, chars, linkChars, stops } = blocks
  let totalChars = 0
  for (let block = 0; block < count; block++) totalChars += latinLength(blocks, block)
  const perFamily = lookFeatureNames.length / families.length
  looks.forEach(({ kinOf, count: kinds }, family) => {
    const members = new Float64Array(kinds)
    const length = new Float64Array(kinds)
    const linked = new Float64Array(kinds)
    const marks = new Float64Array(kinds)
    const logLength = new Float64Array(kinds)
    const first = new Int32Array(kinds).fill(-1)
    const last = new Int32Array(kinds)
    const parents = new Float64Array(kinds)
    const lastParent = new Int32Array(kinds).fill(-2)
    for (let block = 0; block < count; block++) {
      const kin = kinOf[block] as number
      const size = latinLength(blocks, block)
      members[kin] = (members[kin] as number) + 1
      length[kin] = (length[kin] as number) + size
      linked[kin] =
        (linked[kin] as number) + (size * (linkChars[block] as number)) / (chars[block] as number)
      marks[kin] = (marks[kin] as number) + (stops[block] as number)
      logLength[kin] = (logLength[kin] as number) + log2(1 + size)
      if ((first[kin] as number) < 0) first[kin] = block
      last[kin] = block
      const parent = page.parent[container[block] as number] ?? -1
      if (lastParent[kin] !== parent) parents[kin] = (parents[kin] as number) + 1
      lastParent[kin] = parent
    }
    const facts = new Float32Array(kinds * perFamily)
    for (let kin = 0, at = 0; kin < kinds; kin++) {
      const n = members[kin] as number
      const size = Math.max(1, length[kin] as number)
      const start = first[kin] as number
      facts[at++] = log2(n)
      facts[at++] = log2(size)
      facts[at++] = (linked[kin] as number) / size
      facts[at++] = size / Math.max(1, totalChars)
      facts[at++] = (marks[kin] as number) / n
      facts[at++] = (logLength[kin] as number) / n
      facts[at++] = start / count
      facts[at++] = ((last[kin] as number) - start + 1) / n
      facts[at++] = log2(parents[kin] as number)
    }
    copyFacts(kinOf, facts, perFamily, rows, width, column + family * perFamily)
  })
}

/** Writes what the first model thinks of the kin of every block, on average, at most, and without the block. */
export function fillLookContext(
  blocks: Blocks,
  looks: Looks,
  opinions: Float32Array,
  rows: Float32Array,
  width: number,
  column: number,
): void {
  const { count } = blocks
  const perFamily = lookContextNames.length / families.length
  looks.forEach(({ kinOf, count: kinds }, family) => {
    const words = new Float64Array(kinds)
    const mass = new Float64Array(kinds)
    const largest = new Float64Array(kinds)
    for (let block = 0; block < count; block++) {
      const kin = kinOf[block] as number
      const size = weightOf(blocks, block)
      const p = opinions[block] as number
      words[kin] = (words[kin] as number) + size
      mass[kin] = (mass[kin] as number) + size * p
      largest[kin] = Math.max(largest[kin] as number, p)
    }
    for (let block = 0; block < count; block++) {
      const kin = kinOf[block] as number
      const size = weightOf(blocks, block)
      const all = words[kin] as number
      const at = block * width + column + family * perFamily
      rows[at] = (mass[kin] as number) / all
      rows[at + 1] = largest[kin] as number
      const others = (mass[kin] as number) - size * (opinions[block] as number)
      rows[at + 2] = all > size ? others / (all - size) : -1
    }
  })
}

/** A block counts by its words, a long one no more than a paragraph. */
const weightOf = ({ words }: Blocks, block: number): number =>
  Math.min(200, words[block] as number) + 1

function copyFacts(
  kinOf: Int32Array,
  facts: Float32Array,
  size: number,
  rows: Float32Array,
  width: number,
  column: number,
): void {
  for (let block = 0; block < kinOf.length; block++) {
    const from = (kinOf[block] as number) * size
    const at = block * width + column
    for (let i = 0; i < size; i++) rows[at + i] = facts[from + i] as number
  }
}
