// Reads segmented text in the four forms it is published in: CoNLL and CoNLL-U (word in the second
// column, sentences divided by empty lines), words divided by spaces, and `word_TAG` divided by
// spaces. The form is recognised from the first lines.
import type { GoldSentence } from './perceptron-train.ts'

/** Sentences of a segmented file; words never hold white space. */
export function readGold(text: string): GoldSentence[] {
  const lines = text.split(/\r?\n/)
  if (lines.slice(0, 20).some((line) => /^\d+\t\S/.test(line))) return readConll(lines)
  const tagged = lines
    .slice(0, 5)
    .every((line) => line === '' || /^(?:\S+_[A-Z]+\s*)+$/.test(line.trim()))
  return lines
    .map((line) =>
      line
        .trim()
        .split(/\s+/u)
        .map((token) => (tagged ? token.replace(/_[A-Z]+$/, '') : token))
        .filter((word) => word !== ''),
    )
    .filter((words) => words.length > 0)
}

function readConll(lines: readonly string[]): GoldSentence[] {
  const sentences: string[][] = []
  let words: string[] = []
  for (const line of lines) {
    const [number = '', word = ''] = line.split('\t')
    // `3-4` is a span of words and `5.1` an empty node; both repeat text.
    if (/^\d+$/.test(number)) words.push(word.replace(/\s+/gu, ''))
    else if (line.trim() === '' && words.length > 0) {
      sentences.push(words)
      words = []
    }
  }
  if (words.length > 0) sentences.push(words)
  return sentences.map((sentence) => sentence.filter((word) => word !== ''))
}
