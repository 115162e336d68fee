// Reads a YAML file and checks all of it against a schema: every fault with file, line and column, in
// order of place; of an alternative that does not fit, what the nearest one says.
import { readFileSync } from 'node:fs'
import { suggestion } from '@shardmill/core/did-you-mean'
import { ConfigError } from '@shardmill/core/errors'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'

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
  const value: unknown = document.toJS() ?? {}
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value, parsed: parsed.data }
  const found: [offset: number, message: string][] = []
  for (const issue of parsed.error.issues.flatMap(plainIssues)) {
    const node = document.getIn(issue.path, true)
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const meant = suggestion(key, keysAt(schema, issue.path))
        found.push([keyOffset(node, key) ?? 0, `unknown option \`${key}\`${meant}`])
      }
      continue
    }
    const range = isRanged(node) ? node.range : document.contents?.range
    found.push([range?.[0] ?? 0, explain(issue, document.getIn(issue.path))])
  }
  found.sort((a, b) => a[0] - b[0])
  throw new ConfigError(found.map(([at, message]) => `${place(at)}  ${message}`).join('\n'))
}

type Issue = z.core.$ZodIssue

function explain(issue: Issue, given: unknown): string {
  const place = issue.path.length === 0 ? '' : `\`${issue.path.join('.')}\`: `
  if (issue.code !== 'invalid_value' || typeof given !== 'string') return place + issue.message
  return `${place}no \`${given}\`${suggestion(given, issue.values.map(String))}`
}

/** Of a union, what the alternative says that comes nearest: the one with the fewest complaints. */
function plainIssues(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  // A key below the value itself is wrong: that alternative was meant.
  const deepest = issue.errors
    .map((issues) => issues.flatMap(plainIssues))
    .filter((issues) => issues.some(({ path, code }) => path.length > 0 || code !== 'invalid_type'))
    .toSorted((a, b) => a.length - b.length)[0]
  if (!deepest) return [issue]
  // Of a word that is none of several, all of them are told, whichever alternative they stand in.
  const words = issue.errors.flat().filter((one) => one.code === 'invalid_value')
  if (words.length > 0 && deepest[0]!.path.length === 0) {
    const values = words.filter(({ path }) => path.length === 0).flatMap((one) => one.values)
    return [{ ...words[0]!, values, path: issue.path }]
  }
  return deepest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
}

/** The keys that may stand in the mapping at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let objects = objectsIn(schema)
  for (const key of path) {
    const inside =
      typeof key === 'number' ? objects : objects.map(({ shape }) => shape[String(key)])
    objects = inside.flatMap(objectsIn)
  }
  return [...new Set(objects.flatMap(({ shape }) => Object.keys(shape)))]
}

/** The objects that a schema allows: itself, what it wraps, its alternatives, the items of a list. */
function objectsIn(schema: unknown): z.ZodObject[] {
  if (schema instanceof z.ZodObject) return [schema]
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(objectsIn)
  if (schema instanceof z.ZodArray) return objectsIn(schema.element)
  if (schema instanceof z.ZodPipe) return objectsIn(schema.in)
  const isWrapper =
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodOptional
  return isWrapper ? objectsIn(schema.unwrap()) : []
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
