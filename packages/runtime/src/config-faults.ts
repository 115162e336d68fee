// Faults of a YAML file, each at the line and column of the node it is about: a value, a key, or the
// nearest parent of what is missing.
import { ConfigError } from '@shardmill/core'
import { isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml'
import type { z } from 'zod'
import { suggestion } from '@shardmill/core/did-you-mean'

interface Fault {
  readonly line: number
  readonly column: number
  readonly message: string
}

export class FaultList {
  readonly #file: string
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #faults: Fault[] = []

  constructor(file: string, document: Document, lines: LineCounter) {
    this.#file = file
    this.#document = document
    this.#lines = lines
  }

  get count(): number {
    return this.#faults.length
  }

  /** A fault at an offset of the file. */
  at(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset)
    this.#faults.push({ line, column: col, message })
  }

  /** A fault at a node. */
  node(node: Node, message: string): void {
    this.at(node.range?.[0] ?? 0, message)
  }

  /** All issues of a failed parse of `root` (the whole file by default). */
  zod(error: z.ZodError, prefix: string, known: readonly string[], root?: Node): void {
    for (const issue of error.issues) {
      const { path } = issue
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) {
          const hint = path.length === 0 ? suggestion(key, known) : ''
          const offset = this.#offsetOf([...path, key], root, true)
          this.at(offset, `${prefix}unknown ${prefix ? 'option' : 'key'} \`${key}\`${hint}`)
        }
        continue
      }
      const name = path.length > 0 ? `\`${path.map(String).join('.')}\`: ` : ''
      this.at(this.#offsetOf(path, root), `${prefix}${name}${explain(issue)}`)
    }
  }

  /** One error that lists every fault, in file order. */
  error(): ConfigError {
    const sorted = this.#faults.toSorted((a, b) => a.line - b.line || a.column - b.column)
    const lines = sorted.map((f) => `${this.#file}:${f.line}:${f.column}  ${f.message}`)
    return new ConfigError(lines.join('\n'))
  }

  /** Where a path of the data stands in the file: its value, its key, or the nearest parent. */
  #offsetOf(path: readonly PropertyKey[], root?: Node, wantsKey = false): number {
    let node: unknown = root ?? this.#document.contents
    let offset = (node as Node | undefined)?.range?.[0] ?? 0
    for (const [i, key] of path.entries()) {
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
        if (!pair) break
        const isKey = wantsKey && i === path.length - 1
        const next = (isKey ? pair.key : (pair.value ?? pair.key)) as Node
        offset = next.range?.[0] ?? offset
        node = next
      } else if (isSeq(node)) {
        node = node.items[Number(key)]
        offset = (node as Node | undefined)?.range?.[0] ?? offset
      }
    }
    return offset
  }
}

/** A zod issue in our words: what was needed and what came. */
function explain(issue: z.core.$ZodIssue): string {
  const message = issue.message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, '')
  if (issue.code === 'invalid_type' && message.endsWith('received undefined')) {
    return `is missing (${message.replace(/, received undefined$/, '')})`
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().filter((error) => error.path.length === 0)
    const wanted = inner.map((error) => explain(error)).filter((text) => text !== '')
    if (wanted.length > 0) return [...new Set(wanted)].join(', or ')
  }
  return message
}

/** The scalar node below `node` that holds `value`. */
export function findScalar(node: Node | undefined, value: string): Node | undefined {
  if (isScalar(node)) return node.value === value ? node : undefined
  const below = isMap(node) ? node.items.map((pair) => pair.value) : isSeq(node) ? node.items : []
  for (const child of below) {
    const found = findScalar(child as Node, value)
    if (found) return found
  }
  return undefined
}
