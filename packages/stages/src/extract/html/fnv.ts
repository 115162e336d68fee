/** FNV-1a (Fowler, Noll, Vo) over numbers of up to 32 bits: where a hash starts, and one step. */
export const hashStart = 0x811c9dc5 | 0
export const hashStep = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193)
