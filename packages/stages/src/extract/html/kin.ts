// What the blocks that look alike (looks.ts) have in common, and what the first model thinks of them: a post or
// a caption that says little by itself is judged by its kin. What a kin is stands once, as a piece
// (row-pieces.ts); what is thought of it is written for each block, which is left out once.
import { blockWeight, latinLength, type Blocks } from './blocks.ts'
import type { Groups } from './equal-blocks.ts'
import { log2 } from './log2.ts'
import { families, type Looks } from './looks.ts'
import type { Piece } from './row-pieces.ts'
import type { Page } from './scan.ts'
import { scratch } from './scratch.ts'

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

/** Numbers gathered for each kin: how many blocks, then sums over them, then which blocks and parents. */
const gathered = {
  blocks: 0,
  chars: 1,
  linked: 2,
  stops: 3,
  logChars: 4,
  first: 5,
  last: 6,
  parents: 7,
  lastParent: 8,
} as const
const gatheredSize = 9
const factsSize = lookFeatureNames.length / families.length
const opinionsSize = lookContextNames.length / families.length

/** What the kin are, from sources `first` and `first + 1`. */
export const kinPieces = (column: number, first: number): readonly Piece[] =>
  families.map((_, family) => ({
    column: column + family * factsSize,
    length: factsSize,
    source: first + family,
    offset: 0,
  }))

/** The kin of a page by family, and where in `numbers` the pieces of each family begin. */
export interface Kin {
  readonly looks: Looks
  /** Words of each kin, words times opinion and the largest opinion. */
  readonly opinions: readonly Float64Array[]
  readonly factsAt: readonly number[]
}

const sumsOf = scratch(Float64Array)
const ofClassOf = scratch(Float64Array)
const ofTagOf = scratch(Float64Array)

/**
 * Gathers what the kin features need; their pieces are put into `numbers` from `start` on. Valid until the
 * next call. What is done for each block is a function of its own, which a JIT compiles once and
 * early; as loops in one function it cost a tenth of a second on the first large page.
 */
export function kinOf(
  page: Page,
  blocks: Blocks,
  looks: Looks,
  first: Float32Array,
  numbers: Float32Array,
  start: number,
): Kin {
  const { count } = blocks
  const totalChars = lengthOfAll(blocks)
  const gatherFamily = ({ groupOf, count: kinds }: Groups, thoughts: Float64Array, at: number) => {
    const sums = sumsOf(kinds * gatheredSize).fill(0, 0, kinds * gatheredSize)
    thoughts.fill(0, 0, kinds * 3)
    for (let block = 0; block < count; block++) {
      const kin = groupOf[block] as number
      gather(page, blocks, block, sums, kin * gatheredSize)
      addOpinion(blocks, block, first, thoughts, kin * 3)
    }
    for (let kin = 0; kin < kinds; kin++)
      writeFacts(sums, kin * gatheredSize, numbers, at + kin * factsSize, totalChars, count)
  }
  const [byClass, byTag] = looks
  const ofClass = ofClassOf(byClass.count * 3)
  gatherFamily(byClass, ofClass, start)
  if (byTag === byClass) return { looks, opinions: [ofClass, ofClass], factsAt: [start, start] }
  const ofTag = ofTagOf(byTag.count * 3)
  const next = start + byClass.count * factsSize
  gatherFamily(byTag, ofTag, next)
  return { looks, opinions: [ofClass, ofTag], factsAt: [start, next] }
}

function lengthOfAll(blocks: Blocks): number {
  let chars = 0
  for (let block = 0; block < blocks.count; block++) chars += latinLength(blocks, block)
  return chars
}

function gather(page: Page, blocks: Blocks, block: number, sums: Float64Array, at: number): void {
  const size = latinLength(blocks, block)
  const parent = page.parent[blocks.container[block] as number] ?? -1
  const members = sums[at] as number
  const linked = (size * (blocks.linkChars[block] as number)) / (blocks.chars[block] as number)
  if (members === 0) sums[at + gathered.first] = block
  if (members === 0 || sums[at + gathered.lastParent] !== parent)
    sums[at + gathered.parents] = (sums[at + gathered.parents] as number) + 1
  sums[at] = members + 1
  sums[at + gathered.chars] = (sums[at + gathered.chars] as number) + size
  sums[at + gathered.linked] = (sums[at + gathered.linked] as number) + linked
  sums[at + gathered.stops] =
    (sums[at + gathered.stops] as number) + (blocks.stops[block] as number)
  sums[at + gathered.logChars] = (sums[at + gathered.logChars] as number) + log2(1 + size)
  sums[at + gathered.last] = block
  sums[at + gathered.lastParent] = parent
}

function writeFacts(
  sums: Float64Array,
  from: number,
  numbers: Float32Array,
  start: number,
  totalChars: number,
  count: number,
): void {
  const members = sums[from] as number
  const size = Math.max(1, sums[from + gathered.chars] as number)
  const first = sums[from + gathered.first] as number
  let at = start
  numbers[at++] = log2(members)
  numbers[at++] = log2(size)
  numbers[at++] = (sums[from + gathered.linked] as number) / size
  numbers[at++] = size / Math.max(1, totalChars)
  numbers[at++] = (sums[from + gathered.stops] as number) / members
  numbers[at++] = (sums[from + gathered.logChars] as number) / members
  numbers[at++] = first / count
  numbers[at++] = ((sums[from + gathered.last] as number) - first + 1) / members
  numbers[at++] = log2(sums[from + gathered.parents] as number)
}

function addOpinion(
  blocks: Blocks,
  block: number,
  opinions: Float32Array,
  sums: Float64Array,
  at: number,
): void {
  const size = blockWeight(blocks, block)
  const p = opinions[block] as number
  sums[at] = (sums[at] as number) + size
  sums[at + 1] = (sums[at + 1] as number) + size * p
  if (p > (sums[at + 2] as number)) sums[at + 2] = p
}

/** Where the piece of a block's kin stands. */
export const kinPiece = ({ looks, factsAt }: Kin, family: number, block: number): number =>
  (factsAt[family] as number) + ((looks[family] as Groups).groupOf[block] as number) * factsSize

/** Writes what the first model thinks of the kin of a block, on average, at most, and without the block. */
export function writeKin(
  { looks, opinions }: Kin,
  blocks: Blocks,
  first: Float32Array,
  block: number,
  rows: Float32Array,
  column: number,
): void {
  const size = blockWeight(blocks, block)
  const own = size * (first[block] as number)
  for (let family = 0, at = column; family < families.length; family++, at += opinionsSize) {
    const sums = opinions[family] as Float64Array
    const kin = ((looks[family] as Groups).groupOf[block] as number) * 3
    const all = sums[kin] as number
    const mass = sums[kin + 1] as number
    rows[at] = mass / all
    rows[at + 1] = sums[kin + 2] as number
    rows[at + 2] = all > size ? (mass - own) / (all - size) : -1
  }
}
