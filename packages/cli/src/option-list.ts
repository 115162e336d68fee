// Options as a person reads them: name, type, default and meaning of each, from the zod schema that
// also checks them, so that nothing is said twice. Options inside options follow, further in.
import { parseArgs } from 'node:util'
import { z } from 'zod'

/** What of a JSON schema is read here. */
export interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly default?: unknown
  readonly description?: string
}

const width = 100

/** What a file may say, before defaults are filled in. */
export function schemaOf(options: z.ZodType): JsonSchema {
  return z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

/** The command that shows all keys of a kind of file. */
export async function listOptions(options: z.ZodType, argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { json: { type: 'boolean', default: false } },
  })
  const schema = schemaOf(options)
  process.stdout.write(
    values.json ? `${JSON.stringify(schema, undefined, 2)}\n` : optionList(schema),
  )
  return 0
}

/** One option after the other, indented by two columns. */
export function optionList(schema: JsonSchema): string {
  const lines = linesOf(schema, '  ')
  return `${lines.length === 0 ? '  no options' : lines.join('\n')}\n`
}

function linesOf(schema: JsonSchema, indent: string): string[] {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).flatMap(([key, option]) => {
    const about = option.description === undefined ? [] : wrap(option.description, `${indent}    `)
    const inner = nestedIn(option).flatMap((one) => linesOf(one, `${indent}    `))
    return [`${indent}${key}: ${typeName(option)}${defaultOf(option, required.includes(key))}`]
      .concat(about)
      .concat(inner)
  })
}

function defaultOf(option: JsonSchema, isRequired: boolean): string {
  if (isRequired && !('default' in option)) return ' (required)'
  if (isSpelledOut(option)) return ''
  return 'default' in option ? ` = ${JSON.stringify(option.default)}` : ' (optional)'
}

/** An object whose options are listed below it. */
function isSpelledOut({ properties = {} }: JsonSchema): boolean {
  return Object.values(properties).some(({ description }) => description !== undefined)
}

/** The objects that an option may be, alone, among others or in a list; each shape once. */
function nestedIn(option: JsonSchema): JsonSchema[] {
  const alternatives = option.anyOf ?? [option.items ?? option]
  const shapes = alternatives.map((one) => one.items ?? one).filter(isSpelledOut)
  const seen = new Set<string>()
  return shapes.filter((shape) => {
    const key = JSON.stringify(shape.properties)
    return !seen.has(key) && seen.add(key)
  })
}

/** The type in words: `integer from 1`, `"text" | "markdown"`, `list of string`. */
export function typeName(schema: JsonSchema): string {
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.anyOf) return schema.anyOf.map(typeName).join(' | ')
  if (schema.type === 'array') return `list of ${schema.items ? typeName(schema.items) : 'values'}`
  if (schema.properties && !isSpelledOut(schema))
    return `{ ${Object.keys(schema.properties).join(', ')} }`
  if (typeof schema.additionalProperties === 'object') {
    return `map to ${typeName(schema.additionalProperties)}`
  }
  return `${schema.type ?? 'value'}${rangeOf(schema)}`
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  // zod bounds every integer by what a double holds exactly; that says nothing.
  const isBound = (value: number | undefined): value is number =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER
  const least = isBound(minimum) ? ` from ${minimum}` : ''
  const above = isBound(exclusiveMinimum) ? ` above ${exclusiveMinimum}` : ''
  return `${least || above}${isBound(maximum) ? ` to ${maximum}` : ''}`
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width && line !== indent) {
      lines.push(line.trimEnd())
      line = indent
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()]
}
