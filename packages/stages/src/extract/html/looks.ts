// Blocks that look alike: their elements have the same tags, and the same classes, from the root down.
// Pages are printed by templates, so what looks alike is alike: posts of a thread, rows of a listing,
// captions, bylines (wrapper induction: Kushmerick et al. 1997; RoadRunner, Crescenzi et al. 2001). A block
// that says little by itself is judged by its kin. Two families, one by tags and classes and one by tags
// alone, because some templates number their classes or change them from row to row.
// Cost: one pass over the nodes and two over the blocks for each family.
import { blockWeight, latinLength, type Blocks } from './blocks.ts'
import { groupByHash, type Groups } from './equal-blocks.ts'
import { hashStep } from './fnv.ts'
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

/** The kin of every block, by class and by tag: groups of blocks. */
export type Looks = readonly Groups[]

const paths = families.map(() => new Int32Array(0))
/** The path of text that no element holds, and the start of all others. */
const rootPath = 17

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
  return paths.map((path) => kinByPath(path, blocks))
}

function kinByPath(path: Int32Array, { count, container }: Blocks): Groups {
  const hashes = new Int32Array(count)
  for (let block = 0; block < count; block++) {
    const node = container[block] as number
    hashes[block] = node < 0 ? rootPath : (path[node] as number)
  }
  return groupByHash(hashes, count)
}

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

/**
 * Writes the look features of every block into `rows`, from column `column` of each row of `width` columns.
 * What is done for each block is a function of its own, which a JIT compiles once and early; as loops in one
 * function it cost a tenth of a second on the first large page.
 */
export function fillLooks(
  page: Page,
  blocks: Blocks,
  looks: Looks,
  rows: Float32Array,
  width: number,
  column: number,
): void {
  const { count } = blocks
  let totalChars = 0
  for (let block = 0; block < count; block++) totalChars += latinLength(blocks, block)
  looks.forEach(({ groupOf: kinOf, count: kinds }, family) => {
    const sums = new Float64Array(kinds * gatheredSize)
    for (let block = 0; block < count; block++)
      gather(page, blocks, block, sums, (kinOf[block] as number) * gatheredSize)
    const facts = new Float32Array(kinds * factsSize)
    for (let kin = 0; kin < kinds; kin++)
      fillFacts(sums, kin * gatheredSize, facts, kin * factsSize, totalChars, count)
    copyFacts(kinOf, facts, rows, width, column + family * factsSize)
  })
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

function fillFacts(
  sums: Float64Array,
  from: number,
  facts: Float32Array,
  start: number,
  totalChars: number,
  count: number,
): void {
  const members = sums[from] as number
  const size = Math.max(1, sums[from + gathered.chars] as number)
  const first = sums[from + gathered.first] as number
  let at = start
  facts[at++] = log2(members)
  facts[at++] = log2(size)
  facts[at++] = (sums[from + gathered.linked] as number) / size
  facts[at++] = size / Math.max(1, totalChars)
  facts[at++] = (sums[from + gathered.stops] as number) / members
  facts[at++] = (sums[from + gathered.logChars] as number) / members
  facts[at++] = first / count
  facts[at++] = ((sums[from + gathered.last] as number) - first + 1) / members
  facts[at++] = log2(sums[from + gathered.parents] as number)
}

function copyFacts(
  kinOf: Int32Array,
  facts: Float32Array,
  rows: Float32Array,
  width: number,
  column: number,
): void {
  for (let block = 0; block < kinOf.length; block++) {
    const from = (kinOf[block] as number) * factsSize
    const at = block * width + column
    for (let i = 0; i < factsSize; i++) rows[at + i] = facts[from + i] as number
  }
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
  looks.forEach(({ groupOf: kinOf, count: kinds }, family) => {
    // Words, words times opinion, largest opinion.
    const sums = new Float64Array(kinds * 3)
    for (let block = 0; block < count; block++) addOpinion(blocks, block, opinions, sums, kinOf)
    const first = column + family * opinionsSize
    for (let block = 0; block < count; block++)
      writeOpinions(blocks, block, opinions, sums, kinOf, rows, block * width + first)
  })
}

function addOpinion(
  blocks: Blocks,
  block: number,
  opinions: Float32Array,
  sums: Float64Array,
  kinOf: Int32Array,
): void {
  const at = (kinOf[block] as number) * 3
  const size = blockWeight(blocks, block)
  const p = opinions[block] as number
  sums[at] = (sums[at] as number) + size
  sums[at + 1] = (sums[at + 1] as number) + size * p
  if (p > (sums[at + 2] as number)) sums[at + 2] = p
}

function writeOpinions(
  blocks: Blocks,
  block: number,
  opinions: Float32Array,
  sums: Float64Array,
  kinOf: Int32Array,
  rows: Float32Array,
  at: number,
): void {
  const kin = (kinOf[block] as number) * 3
  const size = blockWeight(blocks, block)
  const all = sums[kin] as number
  const mass = sums[kin + 1] as number
  rows[at] = mass / all
  rows[at + 1] = sums[kin + 2] as number
  const others = mass - size * (opinions[block] as number)
  rows[at + 2] = all > size ? others / (all - size) : -1
}
