// Properties of code points, from committed tables (scripts/unicode-ranges.mjs), so that results do
// not change with the Unicode version of the Node that runs them.
//
// Two bytes per code point, 2.2 MB, expanded from 21 KB of runs on first import in about 2 ms. A
// lookup is one array read; hot loops index `categories` and `scripts` themselves.
import {
  categoryNames,
  categoryRuns,
  scriptNames as names,
  scriptRuns,
  sentenceTerminators,
} from './data/unicode-ranges.ts'

export { unicodeVersion } from './data/unicode-ranges.ts'

/** Script names by number, in Unicode's spelling: 'Latin', 'Han'. Rare ones share number 0. */
export const scriptNames: readonly string[] = names.split(' ')

/** General category of every code point, as an index into the order of `category`. */
export const categories: Uint8Array = expand(categoryRuns)

/** Script of every code point, as an index into `scriptNames`. */
export const scripts: Uint8Array = expand(scriptRuns)

/** Numbers of the general categories: `category['Lu']`. */
export const category: Readonly<Record<string, number>> = Object.fromEntries(
  categoryNames.split(' ').map((name, index) => [name, index]),
)

/** Number of the named script; throws when the tables do not list it. */
export function scriptNumber(name: string): number {
  const index = scriptNames.indexOf(name)
  if (index < 0) throw new RangeError(`unicode: no script \`${name}\` in the tables`)
  return index
}

/** Code points that end a sentence in some script (property Sentence_Terminal): `.`, `。`, `؟`. */
export const terminators: ReadonlySet<number> = new Set(
  sentenceTerminators.split(' ').map((code) => Number.parseInt(code, 36)),
)

function expand(runs: string): Uint8Array {
  const table = new Uint8Array(0x110000)
  let at = 0
  for (const run of runs.split(' ')) {
    const colon = run.indexOf(':')
    const length = colon === 0 ? 1 : Number.parseInt(run.slice(0, colon), 36)
    const value = Number.parseInt(run.slice(colon + 1), 36)
    if (value !== 0) table.fill(value, at, at + length)
    at += length
  }
  return table
}
