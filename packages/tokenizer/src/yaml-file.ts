// Reads a YAML file and checks all of it against a schema: every fault with file, line and column, in
// order of place; of an alternative that does not fit, what the nearest one says.
import { readFileSync } from 'node:fs'
import { suggestion } from '@shardmill/core/did-you-mean'
import { ConfigError } from '@shardmill/core/errors'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

export interface CheckedYaml<Output> {
  /** As written. */
  readonly value: unknown
  /** With defaults. */
  readonly parsed: Output
}

/**
 * The content of a file. Throws one `ConfigError` that lists every fault. `keysAt`: the options that may
 * stand in the mapping at a path, to guess what an unknown one was meant to be.
 */
export function readYamlFile<Output>(
  path: string,
  schema: z.ZodType<Output>,
  keysAt?: (path: readonly PropertyKey[]) => readonly string[],
): CheckedYaml<Output> {
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
  const found: [offset: number, message: string][] = []
  for (const issue of parsed.error.issues.flatMap(plainIssues)) {
    const node = document.getIn(issue.path, true)
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const meant = keysAt ? suggestion(key, keysAt(issue.path)) : ''
        found.push([keyOffset(node, key) ?? 0, `unknown option \`${key}\`${meant}`])
      }
      continue
    }
    const range = isRanged(node) ? node.range : document.contents?.range
    found.push([range?.[0] ?? 0, [...issue.path, issue.message].join(': ')])
  }
  found.sort((a, b) => a[0] - b[0])
  throw new ConfigError(found.map(([at, message]) => `${place(at)}  ${message}`).join('\n'))
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
