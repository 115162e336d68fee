// Blocks that look alike: their elements have the same tags, and the same classes, from the root down.
// Pages are printed by templates, so what looks alike is alike: posts of a thread, rows of a listing,
// captions, bylines (wrapper induction: Kushmerick et al. 1997; RoadRunner, Crescenzi et al. 2001). A block
// that says little by itself is judged by its kin. Two families, one by tags and classes and one by tags
// alone, because some templates number their classes or change them from row to row.
// Cost: one pass over the nodes and one over the blocks for each family.
import type { Blocks } from './blocks.ts'
import { groupByHash, type Groups } from './equal-blocks.ts'
import { hashStep } from './fnv.ts'
import type { Page } from './scan.ts'
import { scratch } from './scratch.ts'

/** By what blocks may look alike. */
export const families = ['class', 'tag'] as const

/** The kin of every block, by class and by tag: groups of blocks, one object where they are the same. */
export type Looks = readonly [Groups, Groups]

const pathsOf = families.map(() => scratch(Int32Array))
/** The path of text that no element holds, and the start of all others. */
const rootPath = 17

export function looksOf(page: Page, blocks: Blocks): Looks {
  const { count, tag, parent, look } = page
  const paths = pathsOf.map((pathOf) => pathOf(count))
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
  const kinByClass = kinByPath(byClass, blocks)
  const kinByTag = kinByPath(byTag, blocks)
  return [kinByClass, isSame(kinByClass, kinByTag) ? kinByClass : kinByTag]
}

/** Groups are numbered by their first blocks. */
function isSame(a: Groups, b: Groups): boolean {
  if (a.count !== b.count) return false
  for (let block = 0; block < a.groupOf.length; block++)
    if (a.groupOf[block] !== b.groupOf[block]) return false
  return true
}

const hashesOf = scratch(Int32Array)

function kinByPath(path: Int32Array, { count, container }: Blocks): Groups {
  const hashes = hashesOf(count)
  for (let block = 0; block < count; block++) {
    const node = container[block] as number
    hashes[block] = node < 0 ? rootPath : (path[node] as number)
  }
  return groupByHash(hashes, count)
}
