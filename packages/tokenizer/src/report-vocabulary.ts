// What is in a vocabulary, and how it treats digits, white space and code: the part of the report that
// needs no corpus.
import { viewTokens, type ViewedToken } from './report-view.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Tokens quoted in lists. */
const quoted = 60

export interface VocabularyFindings {
  /** Ids without a token. */
  readonly gaps: number
  readonly specialTokens: readonly string[]
  /** Tokens no text is ever encoded to, tried alone and beside other text. */
  readonly unreachable: { readonly count: number; readonly examples: readonly string[] }
  /** Tokens that did not occur in the texts of the report. */
  readonly unused: { readonly count: number; readonly examples: readonly string[] }
  /** Tokens that are not whole characters. */
  readonly partialCharacters: number
  /** Longest tokens; in Chinese vocabularies a place where spam shows. */
  readonly longest: readonly { readonly token: string; readonly characters: number }[]
  readonly longestHan: readonly { readonly token: string; readonly characters: number }[]
  /** Texts and how they are cut. */
  readonly behaviour: readonly {
    readonly name: string
    readonly text: string
    readonly tokens: readonly ViewedToken[]
  }[]
}

const probes: readonly (readonly [name: string, text: string])[] = [
  ['digits', '1234567890'],
  ['number with separators', '1,234,567.89'],
  ['date', '2024-07-15 08:30'],
  ['full-width digits', '１２３４５６'],
  ['Chinese numerals', '二〇二四年三月十五日'],
  ['spaces', 'a    b        c'],
  ['tabs and line ends', '\t\tx\n\n\ny\r\nz'],
  ['ideographic space', '　　段落'],
  ['Python', 'def add(a, b):\n    return a + b\n'],
  ['JavaScript', 'const x = (a) => a?.b ?? 0; // ok'],
  ['upper case', 'HELLO WORLD, Hello World'],
  ['contractions', "don't they'll IT'S"],
  ['URL', 'https://example.com/path?q=1&lang=zh'],
  ['emoji', '👍🏽👩‍👩‍👧🇨🇳'],
  ['accents', 'naïve café, cafe\u0301'],
]

/** Looks through a vocabulary. `usage` are counts per id for each group of texts. */
export function readVocabularyFindings(
  tokenizer: Tokenizer,
  usage: readonly Float64Array[],
): VocabularyFindings {
  const added = new Set(tokenizer.parts.addedTokens.map(({ id }) => id))
  const unreachable: string[] = []
  const unused: string[] = []
  const texts: { token: string; characters: number }[] = []
  let [gaps, partialCharacters] = [0, 0]
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    const spelled = tokenizer.tokenOf(id)
    if (spelled === undefined) {
      gaps++
      continue
    }
    if (added.has(id)) continue
    const text = tokenizer.decode([id])
    if (usage.every((counts) => counts[id] === 0)) unused.push(spelled)
    if (text.includes('\ufffd')) {
      partialCharacters++
      continue
    }
    if (!isReachable(tokenizer, id, text)) unreachable.push(spelled)
    texts.push({ token: text, characters: Array.from(text).length })
  }
  const byLength = texts.toSorted((a, b) => b.characters - a.characters)
  return {
    gaps,
    specialTokens: tokenizer.parts.addedTokens.map(({ content }) => content),
    unreachable: { count: unreachable.length, examples: unreachable.slice(0, quoted) },
    unused: { count: unused.length, examples: spread(unused) },
    partialCharacters,
    longest: byLength.slice(0, quoted),
    longestHan: byLength.filter(({ token }) => /\p{Script=Han}/u.test(token)).slice(0, quoted),
    behaviour: probes.map(([name, text]) => ({ name, text, tokens: viewTokens(tokenizer, text) })),
  }
}

const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789')

/**
 * Alone, behind a letter, behind a space, and before a letter: one of them must give the token. A
 * continuation (`##ing`) is tried behind every letter and digit.
 */
function isReachable(tokenizer: Tokenizer, id: number, text: string): boolean {
  const isContinuation = tokenizer.parts.kind === 'wordpiece' && text.startsWith('##')
  const plain = isContinuation ? text.slice(2) : text
  return (isContinuation ? letters : ['', 'a', ' ', '\n']).some((before) =>
    ['', 'a', ' a', '\n'].some((after) =>
      tokenizer.encode(before + plain + after, { specials: 'text' }).includes(id),
    ),
  )
}

/** Examples from all over a long list. */
function spread(list: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(list.length / quoted))
  return list.filter((_, i) => i % step === 0).slice(0, quoted)
}
