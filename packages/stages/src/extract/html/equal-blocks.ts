// Which blocks say the same: menus that stand twice, labels of buttons. Blocks are compared by the hash
// of their visible characters, in a table with open addressing, since a Map costs as much as all other
// counting of a short block.
import type { Blocks } from './blocks.ts'

export interface EqualBlocks {
  /** How many different blocks there are. */
  readonly distinct: number
  /** For every block how many say the same, itself included. */
  readonly twins: Int32Array
}

let table = new Int32Array(256)

/** One pass to count, one to tell. */
export function equalBlocks({ count, hash }: Blocks): EqualBlocks {
  let size = 256
  while (size < count * 2) size *= 2
  if (table.length < size) table = new Int32Array(size)
  // A slot holds the first block of its hash + 1.
  table.fill(0, 0, size)
  const first = new Int32Array(count)
  const twins = new Int32Array(count)
  let distinct = 0
  for (let block = 0; block < count; block++) {
    const wanted = hash[block] as number
    let slot = (wanted ^ (wanted >>> 15)) & (size - 1)
    let owner = (table[slot] as number) - 1
    while (owner >= 0 && hash[owner] !== wanted) {
      slot = (slot + 1) & (size - 1)
      owner = (table[slot] as number) - 1
    }
    if (owner < 0) {
      owner = block
      table[slot] = block + 1
      distinct++
    }
    first[block] = owner
    twins[owner] = (twins[owner] as number) + 1
  }
  for (let block = 0; block < count; block++) twins[block] = twins[first[block] as number] as number
  return { distinct, twins }
}
