// Reads a YAML file and checks all of it against a schema: every fault with file, line and column.
import { readFileSync } from 'node:fs'
import { ConfigError } from '@shardmill/core/errors'
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

export interface CheckedYaml<Output> {
  /** As written. */
  readonly value: unknown
  /** With defaults. */
  readonly parsed: Output
}

/** The content of a file. Throws one `ConfigError` that lists every fault. */
export function readYamlFile<Output>(path: string, schema: z.ZodType<Output>): CheckedYaml<Output> {
  const lines = new LineCounter()
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines })
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${line}:${col}`
  }
  const faults = document.errors.map(({ pos, message }) => {
    return `${place(pos[0])}  ${message.split('\n')[0]}`
  })
  if (faults.length > 0) throw new ConfigError(faults.join('\n'))
  const value: unknown = document.toJS()
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value, parsed: parsed.data }
  for (const { path: keys, message } of parsed.error.issues) {
    const node = document.getIn(keys, true)
    const range = isRanged(node) ? node.range : document.contents?.range
    faults.push(`${place(range?.[0] ?? 0)}  ${[...keys, message].join(': ')}`)
  }
  throw new ConfigError(faults.join('\n'))
}

function isRanged(node: unknown): node is { range: readonly number[] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
