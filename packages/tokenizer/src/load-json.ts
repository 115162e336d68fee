// Small helpers for reading parsed JSON whose shape is not known.
export type Json = Readonly<Record<string, unknown>>

/** A tokenizer file uses something the fast path does not know; load.ts catches it. */
export class Unsupported extends Error {}

/** The value as an object, or `Unsupported` with the name of the place. */
export function asRecord(value: unknown, place: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new Unsupported(`${place}: expected an object, got ${JSON.stringify(value)?.slice(0, 40)}`)
}

/** A string as it is, nothing as `otherwise`, anything else spelled as JSON. */
export function asText(value: unknown, otherwise = ''): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? otherwise : JSON.stringify(value)
}
