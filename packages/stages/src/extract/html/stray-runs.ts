// Teasers and promotions below an article look like paragraphs, and a model that has not met the site
// gives each of them a little more than it takes to stay. What gives them away is that they stand apart:
// runs of blocks after the text and outside the element that holds it, smaller than it, with no
// block among them or after them that convinces. Where the run stands in an element that looks like the
// text's, with the same tag and a common class, the page is a list of posts, no article. Other page types
// are made of such runs, so this is for articles only. Cost: one pass over the blocks.
import type { Blocks } from './blocks.ts'
import { attributeOf } from './attribute-values.ts'
import { hintBit } from './hints.ts'
import { partingOf } from './parting.ts'
import type { Page } from './scan.ts'
import { tagNumber } from './tags.ts'

const PRE = tagNumber('pre')

/** Dropped blocks that part two runs. */
const gapBlocks = 2
/** From this probability a block convinces, and its run stays; code always does. */
const convincing = 0.85
/** A run with more than this share of the main run's expected words is a text itself. */
const largestShare = 0.8

interface Run {
  readonly from: number
  to: number
  /** Words expected to be content. */
  mass: number
  surest: number
}

/** Drops the last runs of kept blocks as long as they are small, convince nowhere and stand apart. */
export function dropStrayRuns(
  page: Page,
  blocks: Blocks,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  const runs = runsOf(page, blocks, probabilities, keep)
  let main: Run | undefined
  for (const run of runs) if (!main || run.mass > main.mass) main = run
  if (!main) return
  for (const run of runs.toReversed()) {
    const isSmall = run.surest < convincing && run.mass < largestShare * main.mass
    if (!isSmall || !standsApart(page, blocks, main, run)) return
    keep.fill(0, run.from, run.to + 1)
  }
}

/** Drops what stands below the text, convinces nowhere, and lies in an element that is called `author` or the like. */
export function dropAuthorBox(
  page: Page,
  { count, begun, container }: Blocks,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  const isSure = (block: number): boolean =>
    keep[block] === 1 && (probabilities[block] ?? 0) >= convincing
  let last = count - 1
  while (last >= 0 && !isSure(last)) last--
  if (last < 0) return
  for (let block = last + 1; block < count; block++) {
    if (keep[block] !== 1) continue
    let node = container[block] ?? -1
    for (let step = 0; step < authorLevels && node >= 0 && (begun[node] ?? 0) > last; step++) {
      if (((page.bits[node] ?? 0) & hintBit.byline) !== 0) keep[block] = 0
      node = page.parent[node] ?? -1
    }
  }
}

/** How far above a block its element is asked for its name; farther up it is a part of the page. */
const authorLevels = 2

function runsOf(
  page: Page,
  { count, container, words }: Blocks,
  probabilities: Float32Array,
  keep: Uint8Array,
): Run[] {
  const runs: Run[] = []
  for (let block = 0; block < count; block++) {
    if (keep[block] !== 1) continue
    let run = runs.at(-1)
    if (!run || block - run.to > gapBlocks) {
      run = { from: block, to: block, mass: 0, surest: 0 }
      runs.push(run)
    }
    const isCode = page.tag[container[block] ?? 0] === PRE
    const p = isCode ? 1 : (probabilities[block] ?? 0)
    run.to = block
    run.mass += p * (words[block] ?? 0)
    run.surest = Math.max(run.surest, p)
  }
  return runs
}

/** Whether the run stands outside the smallest element that holds the main run, and in one of other looks. */
function standsApart(page: Page, blocks: Blocks, main: Run, run: Run): boolean {
  const parting = partingOf(page, blocks, main.from, run.from)
  if (!parting || parting.leftStop <= main.to) return false
  const { left, right } = parting
  return (
    page.tag[left] !== page.tag[right] || !isAlike(classesOf(page, left), classesOf(page, right))
  )
}

/** Posts of a list often have a class of their own, a number or a category, besides the common ones. */
function isAlike(a: readonly string[], b: readonly string[]): boolean {
  return (a.length === 0 && b.length === 0) || a.some((name) => b.includes(name))
}

function classesOf(page: Page, node: number): readonly string[] {
  return attributeOf(page, node, 'class')?.match(/\S+/g) ?? []
}
