// A growing array of token ids. Callers reserve room for a whole block once, then write without
// checks: `buffer.ids[buffer.length++] = id`.
export class IdBuffer {
  ids: Int32Array<ArrayBuffer>
  length = 0

  constructor(capacity = 1024) {
    this.ids = new Int32Array(capacity)
  }

  /** Makes room for `count` more ids; afterwards `ids` may be another array. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.ids.length) return
    const larger = new Int32Array(Math.max(needed, this.ids.length * 2))
    larger.set(this.ids.subarray(0, this.length))
    this.ids = larger
  }

  push(id: number): void {
    if (this.length === this.ids.length) this.reserve(1)
    this.ids[this.length++] = id
  }

  /** A copy of the ids from `from` on. */
  slice(from = 0): Int32Array<ArrayBuffer> {
    return this.ids.slice(from, this.length)
  }
}
