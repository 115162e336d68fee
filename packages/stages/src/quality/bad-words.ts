// Drops documents in which listed words cover more than a share of the text (C4 drops at the first).
// Chinese, Japanese and Thai words match anywhere, since those scripts write no word ends; the others
// match whole words only, in any case. Lists are text files of one word or phrase per line, # begins a
// comment; the file's language is its key: `lists: { zh: lists/zh.txt }`.
//
// Where we differ from C4 and datatrove: a share instead of any hit, because one word in a long report
// says little; overlapping hits count once.
//
// How: one automaton over all words (Aho and Corasick 1975), so the cost is one step per character
// whatever the length of the list; about 100 bytes of memory per character listed.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ConfigError, messageOf } from '@shardmill/core/errors'
import { defineFilter } from '@shardmill/core/stage'
import { categories, category, scriptNumber, scripts } from '@shardmill/core/unicode'
import { badWords as builtin } from '../data/bad-words.ts'

export const badWords = defineFilter({
  name: 'bad-words',
  summary: 'Drops documents in which listed words cover too much of the text.',
  options: z.strictObject({
    lists: z
      .record(z.string(), z.string())
      .default({})
      .describe('Word files by language, one word or phrase a line: `{ zh: lists/zh.txt }`.'),
    builtin: z
      .boolean()
      .default(true)
      .describe('Also uses the small list that comes with the stage.'),
    allow: z
      .array(z.string())
      .default(['性', 'グロ', '女の子'])
      .describe('Listed words that do not count: common parts of innocent words, such as 性.'),
    maxShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe(
        'Most characters inside listed words, as a share of all; 0 drops at the first hit.',
      ),
  }),
  files: ({ lists }) => Object.values(lists),
  judge({ lists, builtin: withBuiltin, allow, maxShare }, context) {
    const words = new Set<string>(withBuiltin ? Object.values(builtin).flat() : [])
    for (const [lang, path] of Object.entries(lists)) {
      for (const word of readList(context.path(path), lang)) words.add(word)
    }
    for (const word of allow) words.delete(word)
    const automaton = buildAutomaton([...words].map((word) => word.toLowerCase().trim()))
    return ({ text }) => {
      const covered = coveredBy(automaton, text.toLowerCase())
      return covered > maxShare * text.length ? 'bad-words' : undefined
    }
  },
})

function readList(path: string, lang: string): string[] {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (cause) {
    const hint = 'give a text file with one word per line'
    throw new ConfigError(
      `bad-words: the ${lang} list ${path} cannot be read: ${messageOf(cause)}`,
      {
        hint,
        cause,
      },
    )
  }
  const lines = content.split(/\r?\n/).map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}

export interface Automaton {
  /** First step from the root by UTF-16 unit; 0 stays at the root. */
  readonly root: Uint32Array
  /** Later steps, keyed by node * 65536 + unit. */
  readonly steps: ReadonlyMap<number, number>
  /** Where to go on when no step fits, and the nearest such node that ends a word. */
  readonly fallbacks: readonly number[]
  readonly shorter: readonly number[]
  /** Length of the word that ends at a node, 0 for none; whether it matches inside longer words. */
  readonly lengths: readonly number[]
  readonly anywhere: readonly boolean[]
}

/** Builds the automaton over lower-case words; empty words are left out. */
export function buildAutomaton(words: readonly string[]): Automaton {
  const root = new Uint32Array(0x10000)
  const steps = new Map<number, number>()
  const [fallbacks, lengths, anywhere, depths] = [[0], [0], [false], [0]]
  const order: { node: number; parent: number; unit: number }[] = []
  for (const word of words) {
    let node = 0
    for (let i = 0; i < word.length; i++) {
      const unit = word.charCodeAt(i)
      let next = node === 0 ? root[unit]! : (steps.get(node * 0x10000 + unit) ?? 0)
      if (next === 0) {
        next = lengths.length
        lengths.push(0)
        anywhere.push(false)
        fallbacks.push(0)
        depths.push(i + 1)
        order.push({ node: next, parent: node, unit })
        if (node === 0) root[unit] = next
        else steps.set(node * 0x10000 + unit, next)
      }
      node = next
    }
    if (node === 0) continue
    lengths[node] = word.length
    anywhere[node] = isUnspaced(word)
  }
  // Breadth first, so that a node's fallback is complete before its own steps need it.
  order.sort((a, b) => depths[a.node]! - depths[b.node]! || a.node - b.node)
  const shorter = lengths.map(() => 0)
  for (const { node, parent, unit } of order) {
    if (parent !== 0) {
      let back = fallbacks[parent]!
      while (back !== 0 && !steps.has(back * 0x10000 + unit)) back = fallbacks[back]!
      fallbacks[node] = back === 0 ? root[unit]! : steps.get(back * 0x10000 + unit)!
    }
    const back = fallbacks[node]!
    shorter[node] = lengths[back] === 0 ? shorter[back]! : back
  }
  return { root, steps, fallbacks, shorter, lengths, anywhere }
}

/** How many UTF-16 units of `text` (in lower case) lie inside listed words. */
export function coveredBy(automaton: Automaton, text: string): number {
  const { root, steps, fallbacks, shorter, lengths, anywhere } = automaton
  const spans: [number, number][] = []
  let node = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    let next: number | undefined
    while (node !== 0) {
      next = steps.get(node * 0x10000 + unit)
      if (next !== undefined) break
      node = fallbacks[node]!
    }
    node = next ?? root[unit]!
    for (let hit = node; hit !== 0; hit = shorter[hit]!) {
      const length = lengths[hit]!
      if (length === 0) continue
      const start = i + 1 - length
      if (!anywhere[hit] && !isWhole(text, start, i + 1)) continue
      spans.push([start, i + 1])
      break
    }
  }
  return unionLength(spans)
}

function unionLength(spans: [number, number][]): number {
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  let [covered, reached] = [0, 0]
  for (const [start, end] of spans) {
    if (end <= reached) continue
    covered += end - Math.max(start, reached)
    reached = end
  }
  return covered
}

/** Whether neither neighbour continues the word. */
function isWhole(text: string, start: number, end: number): boolean {
  return !isWordUnit(text.charCodeAt(start - 1)) && !isWordUnit(text.charCodeAt(end))
}

/** Letters, marks and digits of spaced scripts; NaN (beyond the text) is none. */
function isWordUnit(unit: number): boolean {
  const value = categories[unit]
  if (value === undefined || value > category['No']! || value === category['Cn']) return false
  return !unspaced.has(scripts[unit]!)
}

const unspaced: ReadonlySet<number> = new Set(
  ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map(scriptNumber),
)

function isUnspaced(word: string): boolean {
  return Array.from(word).some((char) => unspaced.has(scripts[char.codePointAt(0)!]!))
}
