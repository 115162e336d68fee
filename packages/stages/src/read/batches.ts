// Collects items into batches of at most 512 items and about 8 MB of payload.
import type { ReadItem } from './format.ts'

const maxItems = 512
const maxBytes = 8_000_000

export class Batcher {
  #items: ReadItem[] = []
  #bytes = 0

  /** Adds an item of `bytes` payload bytes; true when the batch should be taken. */
  add(item: ReadItem, bytes: number): boolean {
    this.#items.push(item)
    this.#bytes += bytes
    return this.#items.length >= maxItems || this.#bytes >= maxBytes
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  take(): ReadItem[] {
    const items = this.#items
    this.#items = []
    this.#bytes = 0
    return items
  }
}
