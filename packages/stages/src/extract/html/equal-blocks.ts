// Blocks that have something in common, told by its hash: what they say (menus that stand twice, labels of
// buttons) or how they look (looks.ts). The table has open addressing, since a Map costs as much as all
// other counting of a short block.
import type { Blocks } from './blocks.ts'

export interface Groups {
  /** Number of the group that each block belongs to, in order of their first blocks. */
  readonly groupOf: Int32Array
  /** How many groups there are. */
  readonly count: number
}

let table = new Int32Array(256)

/** Groups equal hashes, in one pass. */
export function groupByHash(hashes: Int32Array, count: number): Groups {
  let size = 256
  while (size < count * 2) size *= 2
  if (table.length < size) table = new Int32Array(size)
  // A slot holds the first block of its hash + 1.
  table.fill(0, 0, size)
  const groupOf = new Int32Array(count)
  let groups = 0
  for (let block = 0; block < count; block++) {
    const wanted = hashes[block] as number
    let slot = (wanted ^ (wanted >>> 15)) & (size - 1)
    let owner = (table[slot] as number) - 1
    while (owner >= 0 && hashes[owner] !== wanted) {
      slot = (slot + 1) & (size - 1)
      owner = (table[slot] as number) - 1
    }
    if (owner < 0) table[slot] = block + 1
    groupOf[block] = owner < 0 ? groups++ : (groupOf[owner] as number)
  }
  return { groupOf, count: groups }
}

export interface EqualBlocks {
  /** How many different blocks there are. */
  readonly distinct: number
  /** For every block how many say the same, itself included. */
  readonly twins: Int32Array
}

/** Blocks that say the same, by the hash of their visible characters. */
export function equalBlocks({ count, hash }: Blocks): EqualBlocks {
  const { groupOf, count: distinct } = groupByHash(hash, count)
  const sizes = new Int32Array(distinct)
  for (let block = 0; block < count; block++) {
    const group = groupOf[block] as number
    sizes[group] = (sizes[group] as number) + 1
  }
  return { distinct, twins: groupOf.map((group) => sizes[group] as number) }
}
