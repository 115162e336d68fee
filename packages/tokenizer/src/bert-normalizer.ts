// BERT's text clean-up: drop control characters, put spaces around Chinese ones, strip accents, lower
// case (google-research/bert tokenization.py, as done by HF tokenizers' BertNormalizer). The tables
// hold what HF makes of every code point, so old Unicode data in one of its crates and its odd range
// of Han extensions are reproduced. Two forms: `bertNormalize` for strings, the plain one, and
// `bertCharacters`, tables for the WordPiece encoder, which never builds the normalised text.
//
// The whole is one code point at a time except for the order of accents that are kept; such
// characters (Mc with a combining class, 20 of them) carry the `reorders` mark.
import { accentPairs, chineseRuns, lowerPairs } from './data/bert-characters.ts'
import { markRuns, removedRuns } from './data/bert-characters.ts'
import { isBertPunctuation, isMark, isSpace } from './character-kinds.ts'
import { role } from './pretokenize/run-scanner.ts'

export interface BertOptions {
  readonly cleanText: boolean
  readonly handleChineseCharacters: boolean
  readonly stripAccents: boolean
  readonly lowercase: boolean
}

interface Tables {
  readonly removed: Uint8Array
  readonly chinese: Uint8Array
  readonly accents: Map<number, readonly number[]>
  readonly lower: Map<number, readonly number[]>
}

let shared: Tables | undefined

function tables(): Tables {
  if (shared) return shared
  const accents = parsePairs(accentPairs)
  for (const [first, last] of parseRuns(markRuns)) {
    for (let c = first; c <= last; c++) accents.set(c, [])
  }
  return (shared = {
    removed: paint(parseRuns(removedRuns)),
    chinese: paint(parseRuns(chineseRuns)),
    accents,
    lower: parsePairs(lowerPairs),
  })
}

/** The normalised text, as HF's `normalize_str` gives it. */
export function bertNormalize(text: string, options: BertOptions): string {
  const source = options.stripAccents ? text.normalize('NFD') : text
  let made = ''
  for (const character of source) {
    const codePoint = character.codePointAt(0)!
    if (options.cleanText && tables().removed[codePoint] === 1) continue
    const space = options.cleanText && isSpace(codePoint)
    const chinese = options.handleChineseCharacters && tables().chinese[codePoint] === 1
    const out = space ? ' ' : String.fromCodePoint(...mapCharacter(codePoint, options))
    made += chinese ? ` ${out} ` : out
  }
  return made
}

/** What accent stripping and lower-casing make of one code point: none, one or several. */
function mapCharacter(codePoint: number, options: BertOptions): readonly number[] {
  let mapped: readonly number[] = [codePoint]
  if (options.stripAccents) mapped = stripped(codePoint)
  if (!options.lowercase) return mapped
  return mapped.flatMap((c) => tables().lower.get(c) ?? [c])
}

function stripped(codePoint: number): readonly number[] {
  if (codePoint >= 0xac00 && codePoint < 0xd7a4) {
    // Hangul syllables decompose by arithmetic (Unicode 3.12).
    const index = codePoint - 0xac00
    const tail = index % 28
    const jamo = [0x1100 + Math.floor(index / 588), 0x1161 + Math.floor((index % 588) / 28)]
    return tail === 0 ? jamo : [...jamo, 0x11a7 + tail]
  }
  return tables().accents.get(codePoint) ?? [codePoint]
}

export interface BertCharacters {
  /** Per code point, for `createRunScanner`: white space, alone, or part of a word. */
  readonly roles: Uint8Array
  /** Per code point: 0 kept, 1 removed, 2 reorders, else an index into `replacements`. */
  readonly changes: Uint16Array
  /** UTF-8 of what a code point becomes. */
  readonly replacements: readonly Uint8Array[]
}

export const change = { kept: 0, removed: 1, reorders: 2 } as const

/** Tables that split and normalise in one pass, BertPreTokenizer included. Takes about 60 ms. */
export function bertCharacters(options: BertOptions | undefined): BertCharacters {
  const roles = new Uint8Array(0x110000)
  for (let c = 0; c < 0x110000; c++) {
    roles[c] = isSpace(c) ? role.removed : isBertPunctuation(c) ? role.alone : role.word
  }
  const changes = new Uint16Array(0x110000)
  const replacements: Uint8Array[] = [new Uint8Array(), new Uint8Array(), new Uint8Array()]
  if (!options) return { roles, changes, replacements }
  const { removed, chinese, accents, lower } = tables()
  const pieceRoles = roles.slice()
  const visit = (c: number): void => {
    const out = mapCharacter(c, options)
    if (out.length === 1 && out[0] === c) return
    changes[c] = out.length === 0 ? change.removed : replacements.length
    if (out.length > 0) replacements.push(Buffer.from(String.fromCodePoint(...out), 'utf8'))
    // A removed character does not end the word it is in.
    pieceRoles[c] = out.length === 0 ? role.word : roles[out[0]!]!
  }
  if (options.lowercase) for (const c of lower.keys()) visit(c)
  if (options.stripAccents) {
    for (const c of accents.keys()) visit(c)
    for (let c = 0xac00; c < 0xd7a4; c++) visit(c)
    for (const c of reorderingMarks(accents)) changes[c] = change.reorders
  }
  for (let c = 0; c < 0x110000; c++) {
    if (options.handleChineseCharacters && chinese[c] === 1) pieceRoles[c] = role.alone
    if (!options.cleanText || removed[c] === 0) continue
    pieceRoles[c] = role.word
    changes[c] = change.removed
  }
  return { roles: pieceRoles, changes, replacements }
}

/** Marks that stay and have a combining class: their order among each other is normalised. */
function reorderingMarks(accents: Tables['accents']): number[] {
  const found: number[] = []
  for (let c = 0x300; c < 0x20000; c++) {
    if (!isMark(c) || accents.get(c)?.length === 0) continue
    const mark = String.fromCodePoint(c)
    const [low, high] = ['\u0334', '\u0345']
    if ((mark + low).normalize('NFD') !== mark + low) found.push(c)
    else if ((high + mark).normalize('NFD') !== high + mark) found.push(c)
  }
  return found
}

function parseRuns(text: string): [number, number][] {
  return text
    .trim()
    .split(/\s+/)
    .map((run) => {
      const [first, last = first] = run.split('-')
      return [parseInt(first!, 36), parseInt(last!, 36)]
    })
}

function parsePairs(text: string): Map<number, readonly number[]> {
  const pairs = new Map<number, readonly number[]>()
  for (const pair of text.trim().split(/\s+/)) {
    const [from, to] = pair.split(':')
    pairs.set(
      parseInt(from!, 36),
      to!.split(',').map((code) => parseInt(code, 36)),
    )
  }
  return pairs
}

function paint(runs: readonly [number, number][]): Uint8Array {
  const flags = new Uint8Array(0x110000)
  for (const [first, last] of runs) flags.fill(1, first, last + 1)
  return flags
}
