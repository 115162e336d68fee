// Reads a YAML training file and checks all of it: every fault with file, line and column.
import { readFileSync } from 'node:fs'
import { ConfigError } from '@shardmill/core/errors'
import { LineCounter, parseDocument } from 'yaml'
import { trainingSchema, type TrainingOptions } from './training-config.ts'

/** The options in a file, as written. Throws one `ConfigError` that lists every fault. */
export function readTrainingFile(path: string): TrainingOptions {
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
  const parsed = trainingSchema.safeParse(value)
  if (!parsed.success) {
    for (const { path: keys, message } of parsed.error.issues) {
      const node = document.getIn(keys, true)
      const range = isRanged(node) ? node.range : document.contents?.range
      faults.push(`${place(range?.[0] ?? 0)}  ${[...keys, message].join(': ')}`)
    }
    throw new ConfigError(faults.join('\n'))
  }
  return value as TrainingOptions
}

function isRanged(node: unknown): node is { range: readonly number[] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
