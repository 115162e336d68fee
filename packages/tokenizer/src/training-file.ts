// Reads a YAML training file and checks all of it: every fault with file, line and column.
import { readFileSync } from 'node:fs'
import { ConfigError } from '@shardmill/core/errors'
import { suggestion } from '@shardmill/core/did-you-mean'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { inputKeys, trainingKeys, trainingSchema, type TrainingOptions } from './training-config.ts'

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
    const found: [offset: number, message: string][] = []
    for (const issue of parsed.error.issues.flatMap(plainIssues)) {
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) {
          const offset = keyOffset(document.getIn(issue.path, true), key)
          const known = issue.path.length === 0 ? trainingKeys : inputKeys
          found.push([offset ?? 0, `unknown option \`${key}\`${suggestion(key, known)}`])
        }
        continue
      }
      const node = document.getIn(issue.path, true)
      const range = isRanged(node) ? node.range : document.contents?.range
      found.push([range?.[0] ?? 0, [...issue.path, issue.message].join(': ')])
    }
    found.sort((a, b) => a[0] - b[0])
    throw new ConfigError(found.map(([at, message]) => `${place(at)}  ${message}`).join('\n'))
  }
  return value as TrainingOptions
}

type Issue = z.core.$ZodIssue

/** Of a union, what the alternative says that comes nearest: the one with the fewest complaints. */
function plainIssues(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  // A key below the value itself is wrong: that alternative was meant.
  const deepest = issue.errors
    .map((issues) => issues.flatMap(plainIssues))
    .filter((issues) => issues.some(({ path, code }) => path.length > 0 || code !== 'invalid_type'))
    .toSorted((a, b) => a.length - b.length)[0]
  if (!deepest) return [issue]
  return deepest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
}

/** Where a key of a mapping is written. */
function keyOffset(mapping: unknown, key: string): number | undefined {
  if (!isMap(mapping)) return undefined
  const pair = mapping.items.find((item) => isScalar(item.key) && item.key.value === key)
  return pair && isRanged(pair.key) ? pair.key.range[0] : undefined
}

function isRanged(node: unknown): node is { range: readonly number[] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
