// Options of the command line that a schema checks, with its words when they do not fit.
import { ConfigError } from '@shardmill/core/errors'
import type { z } from 'zod'
import { schemaOf, typeName } from '../../option-list.ts'

/** The value of `--name` as the schema takes it. */
export function checkedOption<Value>(
  name: string,
  given: unknown,
  schema: z.ZodType<Value>,
): Value {
  const { success, data, error: cause } = schema.safeParse(given)
  if (success) return data
  const wanted = typeName(schemaOf(schema)).replaceAll('"', '')
  throw new ConfigError(`--${name}: expected ${wanted}, got \`${String(given)}\``, { cause })
}

/** The same for numbers, which come as text; what is none stays text and is judged as such. */
export function numberOption<Value>(name: string, given: string, schema: z.ZodType<Value>): Value {
  const number = given.trim() === '' ? Number.NaN : Number(given)
  return checkedOption(name, Number.isNaN(number) ? given : number, schema)
}
