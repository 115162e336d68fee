// Many phrases searched at once: a trie over character classes, walked from the start of each word.
// Phrases are written as regular expressions of a small kind (alternatives, optional letters and groups,
// letter classes, `\w+` and `\w*` at the end) and spelt out into plain strings when the trie is built.
// A phrase stands between characters that are no Latin letters or digits; case does not matter.
// Cost: two or three table look-ups per word, since few words begin like a phrase.

/** A Latin letter, digit or underscore, as a class of regular expressions. */
export const wordChar = '[0-9A-Za-z_À-ÖØ-öø-ɏ]'
/** 1 for the characters of `wordChar`; all lie below U+0250. */
export const isWordChar = new Uint8Array(0x250)
for (let code = 0; code < isWordChar.length; code++) {
  if (new RegExp(wordChar).test(String.fromCharCode(code))) isWordChar[code] = 1
}

export interface PhraseTrie {
  /** Class of each character below U+2100; 0 for those that no phrase has. */
  readonly classOf: Uint8Array
  readonly classes: number
  /** Child of each node by class; 0 is none. */
  readonly child: Uint16Array
  /** Kinds whose phrase is complete at a node when no word character follows. */
  readonly complete: Int32Array
  /** Kinds whose phrase is complete when a word character follows: those ending in `\w+`. */
  readonly openEnded: Int32Array
}

/** Builds the trie; kind i of the result's bits is `sources[i]`. */
export function phraseTrie(sources: readonly string[]): PhraseTrie {
  const phrases = sources.flatMap((source, kind) => spell(source).map((text) => ({ text, kind })))
  const classOf = new Uint8Array(0x2100)
  let classes = 1
  for (const { text } of phrases) {
    for (const char of text) {
      if (char === anyWord || classOf[char.charCodeAt(0)] !== 0) continue
      for (const form of [char.toLowerCase(), char.toUpperCase()]) {
        if (form.length === 1) classOf[form.charCodeAt(0)] = classes
      }
      classes++
    }
  }
  const size = phrases.reduce((sum, { text }) => sum + text.length, 1)
  const child = new Uint16Array(size * classes)
  const complete = new Int32Array(size)
  const openEnded = new Int32Array(size)
  let count = 1
  for (const { text, kind } of phrases) {
    let node = 0
    const isOpen = text.endsWith(anyWord)
    for (const char of isOpen ? text.slice(0, -1) : text) {
      const slot = node * classes + (classOf[char.charCodeAt(0)] ?? 0)
      if (child[slot] === 0) child[slot] = count++
      node = child[slot] ?? 0
    }
    const ends = isOpen ? openEnded : complete
    ends[node] = (ends[node] ?? 0) | (1 << kind)
  }
  return { classOf, classes, child: child.slice(0, count * classes), complete, openEnded }
}

/** Kinds of the phrases that start at `from`, which must be the start of a word. */
export function walkTrie(trie: PhraseTrie, codes: Uint16Array, from: number, to: number): number {
  const { classOf, classes, child, complete, openEnded } = trie
  let found = 0
  let node = 0
  for (let i = from; i < to; i++) {
    const code = codes[i] as number
    node = child[node * classes + (code < 0x2100 ? (classOf[code] as number) : 0)] as number
    if (node === 0) break
    if (((complete[node] as number) | (openEnded[node] as number)) === 0) continue
    const next = i + 1 < to ? (codes[i + 1] as number) : 0
    const goesOn = next < 0x250 && isWordChar[next] === 1
    found |= (goesOn ? openEnded[node] : complete[node]) as number
  }
  return found
}

/** Kinds of the phrases that start anywhere before `length`, also inside of words. */
export function walkEverywhere(trie: PhraseTrie, codes: Uint16Array, length: number): number {
  const { classOf, classes, child, complete, openEnded } = trie
  const classAt = (at: number): number => {
    const code = at < length ? (codes[at] as number) : 0
    return code < 0x2100 ? (classOf[code] as number) : 0
  }
  let found = 0
  for (let i = 0, here = classAt(0); i < length; i++) {
    const next = classAt(i + 1)
    const node = child[here] as number
    here = next
    if (node === 0) continue
    // Many characters begin a phrase, few pairs do.
    const isOnlyBegun = ((complete[node] as number) | (openEnded[node] as number)) === 0
    if (isOnlyBegun && child[node * classes + next] === 0) continue
    found |= walkTrie(trie, codes, i, length)
  }
  return found
}

/** Stands for `\w+` at the end of a phrase; no phrase has a NUL. */
const anyWord = '\0'

/** All plain strings that the expression matches. */
function spell(source: string): string[] {
  let at = 0
  const alternatives = (): string[] => {
    const all: string[] = []
    let current = ['']
    while (at < source.length && source[at] !== ')') {
      if (source[at] === '|') {
        all.push(...current)
        current = ['']
        at++
        continue
      }
      let next = atom()
      if (source[at] === '?') {
        next = ['', ...next]
        at++
      }
      current = current.flatMap((start) => next.map((end) => start + end))
    }
    return [...all, ...current]
  }
  const atom = (): string[] => {
    if (source.startsWith('(?:', at)) {
      at += 3
      const inside = alternatives()
      at++
      return inside
    }
    if (source[at] === '[') {
      const stop = source.indexOf(']', at)
      const letters = source.slice(at + 1, stop).split('')
      at = stop + 1
      return letters
    }
    if (source.startsWith('\\w', at)) {
      at += 3
      return source[at - 1] === '*' ? ['', anyWord] : [anyWord]
    }
    return [source[at++] ?? '']
  }
  return alternatives()
}
