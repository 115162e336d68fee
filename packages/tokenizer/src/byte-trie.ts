// A trie over bytes whose edges live in one open-addressing table: one probe per step, no pointers.
// Memory: 16 bytes per node at half load, plus 4 for its value.
import type { Vocabulary } from './vocabulary.ts'

export class ByteTrie {
  /** Value of each node, -1 for none. Node 0 is the root. */
  values: Int32Array<ArrayBuffer>
  #nodes = 1
  /** Two entries per slot: node << 8 | byte (-1 when empty), child. */
  #edges: Int32Array
  #mask: number

  constructor(expectedNodes = 1024) {
    let slots = 64
    while (slots < expectedNodes * 2) slots *= 2
    this.values = new Int32Array(Math.max(16, expectedNodes)).fill(-1)
    this.#edges = new Int32Array(slots * 2).fill(-1)
    this.#mask = slots - 1
  }

  /** All tokens of a vocabulary, each with its id. */
  static of(vocabulary: Vocabulary): ByteTrie {
    const trie = new ByteTrie(vocabulary.bytes.length >>> 1)
    for (let id = vocabulary.size - 1; id >= 0; id--) trie.add(vocabulary.token(id), id)
    return trie
  }

  /** The last value added for equal bytes counts; empty bytes are not added. */
  add(bytes: Uint8Array, value: number): void {
    if (bytes.length === 0) return
    let node = 0
    for (const byte of bytes) {
      let child = this.step(node, byte)
      if (child < 0) {
        child = this.#nodes++
        if (child === this.values.length) this.#growValues()
        this.#insert((node << 8) | byte, child)
        if (this.#nodes * 2 > this.#mask) this.#growEdges()
      }
      node = child
    }
    this.values[node] = value
  }

  /** The child of `node` by `byte`, or -1. */
  step(node: number, byte: number): number {
    const key = (node << 8) | byte
    const edges = this.#edges
    let slot = home(key) & this.#mask
    for (;;) {
      const found = edges[slot << 1]!
      if (found === key) return edges[(slot << 1) + 1]!
      if (found === -1) return -1
      slot = (slot + 1) & this.#mask
    }
  }

  #insert(key: number, child: number): void {
    let slot = home(key) & this.#mask
    while (this.#edges[slot << 1] !== -1) slot = (slot + 1) & this.#mask
    this.#edges[slot << 1] = key
    this.#edges[(slot << 1) + 1] = child
  }

  #growEdges(): void {
    const old = this.#edges
    this.#edges = new Int32Array(old.length * 2).fill(-1)
    this.#mask = this.#mask * 2 + 1
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== -1) this.#insert(old[at]!, old[at + 1]!)
    }
  }

  #growValues(): void {
    const larger = new Int32Array(this.values.length * 2).fill(-1)
    larger.set(this.values)
    this.values = larger
  }
}

function home(key: number): number {
  const hash = Math.imul(key, 0x9e3779b1)
  return hash ^ (hash >>> 15)
}
