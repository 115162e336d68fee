// JSON in parts, for files that should never be in memory as one string. The parts together are what
// `JSON.stringify(value, undefined, 2)` gives, where lists may also be iterables that are made while
// they are written, and objects `JsonEntries`.

/** An object by its entries, in their order; `JSON.stringify` would put keys like "10" first. */
export class JsonEntries {
  readonly entries: Iterable<readonly [key: string, value: unknown]>

  constructor(entries: Iterable<readonly [key: string, value: unknown]>) {
    this.entries = entries
  }
}

/** The text of `value` in parts of about `partLength` characters: strings that die young. */
export function* jsonParts(value: unknown, partLength = 1 << 10): Generator<string> {
  let part = ''
  for (const piece of pieces(value, '\n')) {
    part += piece
    if (part.length < partLength) continue
    yield part
    part = ''
  }
  if (part !== '') yield part
}

function* pieces(value: unknown, newline: string): Generator<string> {
  const deeper = `${newline}  `
  let isEmpty = true
  if (isIterable(value)) {
    for (const item of value) {
      yield `${isEmpty ? '[' : ','}${deeper}`
      isEmpty = false
      yield plain(item, deeper)
    }
    yield isEmpty ? '[]' : `${newline}]`
  } else if (isObject(value)) {
    const isListed = value instanceof JsonEntries
    for (const [key, item] of isListed ? value.entries : Object.entries(value)) {
      if (item === undefined) continue
      yield `${isEmpty ? '{' : ','}${deeper}${JSON.stringify(key)}: `
      isEmpty = false
      if (isListed) yield plain(item, deeper)
      else yield* pieces(item, deeper)
    }
    yield isEmpty ? '{}' : `${newline}}`
  } else yield plain(value, newline)
}

/** A value without iterables in it, at once: a generator for each of 100,000 small lists is slow. */
function plain(value: unknown, newline: string): string {
  // A line end inside a string is written as `\n`, so these are all between values.
  return JSON.stringify(value, undefined, 2).replaceAll('\n', newline)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return isObject(value) && Symbol.iterator in value
}
