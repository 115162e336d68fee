// Reads a training file and reports all its faults at once, each with file:line:column. Only the
// file is looked at here; what does not fit the shards is found in `prepare.ts`, before any step.
import { readFileSync, statSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import { suggestion } from '@shardmill/core/did-you-mean'
import { ConfigError } from '@shardmill/core/errors'
import { trainSchema, type TrainConfig } from './config-schema.ts'

/** Finds a training file: as given, then under pipelines/, with or without `.yaml`. */
export function findTrainFile(name: string, folder = process.cwd()): string {
  const names = /\.ya?ml$/.test(name) ? [name] : [name, `${name}.yaml`]
  const candidates = names.flatMap((one) => [one, join('pipelines', one)])
  for (const candidate of candidates) {
    const path = resolve(folder, candidate)
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path
  }
  throw new ConfigError(`no training file \`${name}\``, {
    hint: `looked for ${candidates.join(', ')} in ${folder}`,
  })
}

/** Parses and checks; throws one `ConfigError` with every fault. */
export function readTrainFile(path: string): TrainConfig {
  const lines = new LineCounter()
  const document = parseDocument(readFileSync(path, 'utf8'), {
    lineCounter: lines,
    prettyErrors: false,
  })
  const faults: { offset: number; message: string }[] = document.errors.map((error) => ({
    offset: error.pos[0],
    message: error.message,
  }))
  const parsed = faults.length > 0 ? undefined : trainSchema.safeParse(document.toJS() ?? {})
  for (const issue of parsed?.error?.issues ?? []) {
    faults.push({ offset: offsetOf(document, issue), message: explain(document, issue) })
  }
  if (parsed?.success !== true) {
    const sorted = faults.toSorted((a, b) => a.offset - b.offset)
    const report = sorted.map(({ offset, message }) => {
      const { line, col } = lines.linePos(offset)
      return `${path}:${line}:${col}  ${message}`
    })
    throw new ConfigError(report.join('\n'))
  }
  const name = parsed.data.name ?? basename(path, extname(path))
  return { ...parsed.data, name, output: resolve(parsed.data.output ?? join('shards', name)) }
}

function offsetOf(document: Document, issue: z.core.$ZodIssue): number {
  const keys = issue.code === 'unrecognized_keys' ? [issue.keys[0]!] : []
  let node: unknown = document.contents
  let offset = 0
  for (const key of [...issue.path, ...keys]) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
      if (!pair) break
      offset = (pair.key as { range?: number[] }).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = (node as { range?: number[] } | undefined)?.range?.[0] ?? offset
    }
  }
  return offset
}

function explain(document: Document, issue: z.core.$ZodIssue): string {
  const place = issue.path.map(String).join('.')
  const given = document.getIn(issue.path)
  const names = namesFor(issue)
  if (typeof given === 'string' && names.length > 0) {
    return `\`${place}\`: no \`${given}\`${suggestion(given, names)}`
  }
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!
    const name = [...issue.path.map(String), key].join('.')
    return `unknown key \`${name}\`${suggestion(key, keysAt(issue.path))}`
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().map((error) => {
      const below = error.path.length > 0 ? `\`${error.path.map(String).join('.')}\` ` : ''
      const keys = error.code === 'unrecognized_keys' ? ` (${error.keys.join(', ')})` : ''
      return `${below}${error.message}${keys}`
    })
    return `\`${place}\`: ${[...new Set(inner)].join(', or ')}`
  }
  return `\`${place}\`: ${issue.message}`
}

/** The words that are allowed where another one stands. */
function namesFor(issue: z.core.$ZodIssue): string[] {
  const issues = issue.code === 'invalid_union' ? issue.errors.flat() : [issue]
  const here = issues.filter((one) => one === issue || one.path.length === 0)
  return here.flatMap((one) => (one.code === 'invalid_value' ? one.values.map(String) : []))
}

/** The keys that the schema knows at a place. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let objects = objectsIn(trainSchema)
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
