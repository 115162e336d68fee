// Rows of a table (a JSON line, a CSV record, a Parquet or Arrow row) to documents: which field is
// the text, the id, the URL, and what goes to `meta`. Compiled once, called per row.
import { Document, type MetaValue } from '@shardmill/core/document'
import { hashText128 } from '@shardmill/core/hash'
import { z } from 'zod'

/** Options that every row format has. A field is a name or a path: `meta.url`. */
export const rowOptions = {
  textField: z.string().min(1).default('text').describe('Field of the text.'),
  htmlField: z
    .string()
    .min(1)
    .optional()
    .describe('Field of raw HTML, to be extracted by `html`. Then the text may be missing.'),
  idField: z
    .string()
    .min(1)
    .default('id')
    .describe('Field of the id; without it the id is a hash of the row.'),
  urlField: z.string().min(1).default('url').describe('Field of the URL.'),
  langField: z
    .string()
    .min(1)
    .default('lang')
    .describe('Field of the language, as `en` or `zh-Hans`.'),
  langScoreField: z
    .string()
    .min(1)
    .default('lang_score')
    .describe('Field of the probability of the language.'),
  qualityField: z
    .string()
    .min(1)
    .default('quality')
    .describe('Field of the quality: of two copies the better stays.'),
  metaFields: z
    .union([z.enum(['all', 'none']), z.array(z.string().min(1))])
    .default('all')
    .describe(
      'Which other fields to keep: all scalars (of the row and of its `meta`), none, or a list.',
    ),
}

const rowSchema = z.strictObject(rowOptions)
export type RowOptions = z.infer<typeof rowSchema>

export type Row = Readonly<Record<string, unknown>>

/** A document, or the reason why the row is none: 'no-text'. */
export type RowReader = (row: Row, fallbackId: () => string) => Document | string

/** Compiles the options to a function from row to document. */
export function createRowReader(options: RowOptions): RowReader {
  const text = getter(options.textField)
  const html = options.htmlField === undefined ? undefined : getter(options.htmlField)
  const id = getter(options.idField)
  const url = getter(options.urlField)
  const lang = getter(options.langField)
  const langScore = getter(options.langScoreField)
  const quality = getter(options.qualityField)
  const metaOf = createMetaReader(options)
  return (row, fallbackId) => {
    const body = text(row)
    const page = html?.(row)
    if (typeof body !== 'string' && typeof page !== 'string') return 'no-text'
    const name = scalar(id(row))
    const document = new Document({
      id: name === undefined || name === '' ? fallbackId() : String(name),
      url: stringOf(url(row)),
      text: typeof body === 'string' ? body : '',
      lang: stringOf(lang(row)),
      langScore: numberOf(langScore(row)),
      quality: numberOf(quality(row)),
      meta: metaOf(row),
    })
    if (typeof page === 'string') {
      document.content = Buffer.from(page)
      document.contentType = 'text/html; charset=utf-8'
    }
    return document
  }
}

/** The id of a row that has none: a hash of its bytes as text. */
export function rowId(text: string): string {
  return hashText128(text)
}

/** The same for rows that are not text: a hash of their scalar fields in order of name. */
export function rowIdOf(row: Row): string {
  const fields = Object.keys(row).toSorted()
  return hashText128(JSON.stringify(fields.map((field) => [field, scalar(row[field]) ?? null])))
}

/** Names of the top-level fields that the options can touch; undefined for all. */
export function rowFields(options: RowOptions): ReadonlySet<string> | undefined {
  if (options.metaFields === 'all') return undefined
  const meta = options.metaFields === 'none' ? [] : options.metaFields
  const paths = [...namedFields(options), ...meta]
  return new Set(paths.flatMap((path) => [path, path.split('.', 1)[0] ?? path]))
}

function namedFields(options: RowOptions): string[] {
  return [
    options.textField,
    ...(options.htmlField === undefined ? [] : [options.htmlField]),
    options.idField,
    options.urlField,
    options.langField,
    options.langScoreField,
    options.qualityField,
  ]
}

function createMetaReader(options: RowOptions): (row: Row) => Record<string, MetaValue> {
  const { metaFields } = options
  if (metaFields === 'none') return () => ({})
  if (metaFields !== 'all') {
    const getters = metaFields.map((field) => [field, getter(field)] as const)
    return (row) => {
      const meta: Record<string, MetaValue> = {}
      for (const [field, get] of getters) assign(meta, field, get(row))
      return meta
    }
  }
  const taken = new Set(namedFields(options))
  return (row) => {
    const meta: Record<string, MetaValue> = {}
    for (const field in row) {
      if (taken.has(field)) continue
      let value = row[field]
      if (field === 'meta' && typeof value === 'string' && value.startsWith('{')) {
        value = parseObject(value) // as in our own shards
      }
      if ((field === 'meta' || field === 'metadata') && isRow(value)) {
        for (const name in value)
          if (!taken.has(`${field}.${name}`)) assign(meta, name, value[name])
      } else assign(meta, field, value)
    }
    return meta
  }
}

function parseObject(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

/** Own and inherited names alike are set as plain properties; `__proto__` is left out. */
function assign(meta: Record<string, MetaValue>, field: string, value: unknown): void {
  const kept = scalar(value)
  if (kept !== undefined && field !== '__proto__') meta[field] = kept
}

/** `a.b` is the field of that very name, or `b` inside `a`. */
function getter(path: string): (row: Row) => unknown {
  const steps = path.split('.')
  if (steps.length === 1) return (row) => row[path]
  return (row) => {
    if (path in row) return row[path]
    let value: unknown = row
    for (const step of steps) value = isRow(value) ? value[step] : undefined
    return value
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Strings, finite numbers and booleans; big integers as numbers where exact; dates as ISO text. */
function scalar(value: unknown): MetaValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : undefined
    case 'bigint': {
      const number = Number(value)
      return Number.isSafeInteger(number) ? number : String(value)
    }
    default:
      if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined
      return value.toISOString()
  }
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : 0
}
