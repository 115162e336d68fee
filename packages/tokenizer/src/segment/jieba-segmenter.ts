// jieba (dictionary and unigram path, HMM for unknown words) through @node-rs/jieba: 4.75 MB/s,
// 80-82 F1, with part-of-speech tags and user words. Traditional text is simplified character by
// character for the dictionary only, so offsets stay. The only file that knows this package exists.
import { BackendMissingError } from '@shardmill/core'
import { hanTables } from '../language/han.ts'
import { endsOf, type Segmenter } from './segmenter.ts'

/** User words enter the dictionary with this count: enough to win over their parts. */
const userWordCount = 10_000

/** Loads the engine and its dictionary (200 ms, 60 MB). */
export async function createJiebaSegmenter(words: readonly string[] = []): Promise<Segmenter> {
  const { Jieba, dict } = await loadJieba()
  const jieba = Jieba.withDict(dict)
  if (words.length > 0) {
    const lines = words.map((word) => `${simplifyUnits(word)} ${userWordCount}\n`).join('')
    jieba.loadDict(new TextEncoder().encode(lines))
  }
  return {
    name: 'jieba',
    segment: (text) => endsOf(jieba.cut(prepare(text), true)),
    tag(text) {
      const tagged = jieba.tag(prepare(text), true)
      return { ends: endsOf(tagged.map(({ word }) => word)), tags: tagged.map(({ tag }) => tag) }
    },
  }
}

/** Half surrogates cannot reach native code; U+FFFD has the same length. */
function prepare(text: string): string {
  return simplifyUnits(/\p{Cs}/u.test(text) ? text.replace(/\p{Cs}/gu, '\ufffd') : text)
}

/** Traditional characters replaced one by one; same length as `text`. */
export function simplifyUnits(text: string): string {
  const { simplify } = hanTables()
  let out = ''
  let copied = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const simple = simplify[unit]!
    if (simple === unit) continue
    out += text.slice(copied, i) + String.fromCharCode(simple)
    copied = i + 1
  }
  return copied === 0 ? text : out + text.slice(copied)
}

async function loadJieba() {
  try {
    const [{ Jieba }, { dict }] = await Promise.all([
      import('@node-rs/jieba'),
      import('@node-rs/jieba/dict.js'),
    ])
    return { Jieba, dict }
  } catch (cause) {
    const hint = 'use `engine: perceptron`, which needs no native code'
    throw new BackendMissingError('jieba: @node-rs/jieba did not load', { cause, hint })
  }
}
