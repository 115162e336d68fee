// Which tokens begin a word, for whole-word masking. Words come from a segmenter (core's `words`, so
// Chinese words count) and tokens from any vocabulary; the two meet by their offsets in the text.
//
// A token begins a word when the first character of a word lies in it; of several tokens that share
// one character (bytes of a rare one) only the first does. A token that touches no word, white space
// mostly, stands for itself and counts as a beginning too.
import type { Spans } from '@shardmill/core/lines'
import type { Encoding } from './tokenizer.ts'

/** 1 for every token that begins a word, else 0. Linear. */
export function wordStartsOf(encoding: Encoding, words: Spans): Uint8Array {
  const { ids, starts, ends } = encoding
  const flags = new Uint8Array(ids.length)
  // The next word that has not begun yet, and where the last begun one ends.
  let word = 0
  let wordEnd = 0
  for (let token = 0; token < ids.length; token++) {
    const [start, end] = [starts[token]!, ends[token]!]
    // Words no token covers: the tokenizer dropped their characters.
    while (word < words.count && words.ends[word]! <= start) wordEnd = words.ends[word++]!
    const touchesBegun = start < wordEnd
    let begins = false
    while (word < words.count && words.starts[word]! < end) {
      begins = true
      wordEnd = words.ends[word++]!
    }
    flags[token] = begins || !touchesBegun ? 1 : 0
  }
  return flags
}
