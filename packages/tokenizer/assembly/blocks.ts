// Arrays in the module's memory. The allocator's blocks end at 1 GB; larger arrays take whole pages of
// their own behind everything else, which are not given back.

/** The allocator's largest block, less its header. */
export const MOST: u64 = (1 << 30) - 64

/** Room for `bytes` bytes, not cleared. Traps when the memory is at its end. */
export function take(bytes: u64): usize {
  if (bytes <= MOST) return heap.alloc(<usize>bytes)
  if (bytes > <u64>u32.MAX_VALUE) unreachable()
  const at = memory.size()
  if (memory.grow(<i32>((bytes + 0xffff) >> 16)) < 0) unreachable()
  return <usize>at << 16
}

/** As `take`, all zero. */
export function takeZeros(bytes: u64): usize {
  const block = take(bytes)
  memory.fill(block, 0, <usize>bytes)
  return block
}

/** Gives back what `take` gave for `bytes`. */
export function give(block: usize, bytes: u64): void {
  if (block != 0 && bytes <= MOST) heap.free(block)
}

/** A larger block with the old one's content. */
export function enlarge(block: usize, bytes: u64, wanted: u64): usize {
  if (block != 0 && wanted <= MOST) return heap.realloc(block, <usize>wanted)
  const larger = take(wanted)
  if (block != 0) memory.copy(larger, block, <usize>bytes)
  give(block, bytes)
  return larger
}
