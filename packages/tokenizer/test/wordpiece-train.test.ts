import { expect, test } from 'vitest'
import { preTokenizer } from '../src/pretokenize/index.ts'
import { trainWordPiece } from '../src/wordpiece-train.ts'
import { WordCounter, type WordTable } from '../src/word-table.ts'

function count(text: string): WordTable {
  const counter = new WordCounter()
  const bytes = Buffer.from(text)
  counter.addText(preTokenizer('bert').split, bytes, 0, bytes.length)
  return counter.table()
}

/** The published rule, word by word and with everything counted anew at every step. */
function plainLikelihood(words: WordTable, vocabSize: number): string[] {
  const list = Array.from({ length: words.size }, (_, i) => {
    const bytes = words.bytes.subarray(words.offsets[i], words.offsets[i + 1])
    const characters = Array.from(Buffer.from(bytes).toString())
    return { parts: characters.map((c, at) => (at === 0 ? c : `##${c}`)), count: words.counts[i]! }
  })
  const initial = new Set(list.flatMap(({ parts }) => parts.map((part) => part.replace('##', ''))))
  const vocabulary = [...initial].toSorted()
  const first = new Set(list.map(({ parts }) => parts[0]!))
  const later = new Set(list.flatMap(({ parts }) => parts.slice(1)))
  for (const part of [...first].toSorted()) if (!vocabulary.includes(part)) vocabulary.push(part)
  for (const part of [...later].toSorted()) vocabulary.push(part)
  while (vocabulary.length < vocabSize) {
    const single = new Map<string, number>()
    const pairs = new Map<string, number>()
    for (const { parts, count: weight } of list) {
      parts.forEach((part, i) => {
        single.set(part, (single.get(part) ?? 0) + weight)
        const key = `${part} ${parts[i + 1]}`
        if (i + 1 < parts.length) pairs.set(key, (pairs.get(key) ?? 0) + weight)
      })
    }
    const ranked = [...pairs].map(([key, weight]) => {
      const [left, right] = key.split(' ') as [string, string]
      const score = weight / (single.get(left)! * single.get(right)!)
      return {
        left,
        right,
        weight,
        score,
        ids: [vocabulary.indexOf(left), vocabulary.indexOf(right)],
      }
    })
    ranked.sort(
      (a, b) =>
        b.score - a.score || b.weight - a.weight || a.ids[0]! - b.ids[0]! || a.ids[1]! - b.ids[1]!,
    )
    const best = ranked[0]
    if (!best) break
    const joined = best.left + best.right.slice(2)
    if (!vocabulary.includes(joined)) vocabulary.push(joined)
    for (const { parts } of list) {
      for (let i = 0; i + 1 < parts.length; i++) {
        if (parts[i] === best.left && parts[i + 1] === best.right) parts.splice(i, 2, joined)
      }
    }
  }
  return vocabulary
}

test.each([
  'hug hug hug pug pun bun hugs hugs',
  'low lower lowest newer newest wider widest new wide low low',
  'aaa aaaa aab abab abba baab bbb bbbb aaab',
  '分词 分词器 分数 数词 器 词 词典 典器',
])('likelihood joins like the plain rule: %s', async (text) => {
  const words = count(text)
  const { tokens } = await trainWordPiece(words, 'likelihood', { vocabSize: 40 })
  expect([...tokens]).toEqual(plainLikelihood(words, 40))
})

test('likelihood prefers what rarely stands apart, bpe what is frequent', async () => {
  const words = count(`${'ab '.repeat(50)}${'ax '.repeat(40)}${'yb '.repeat(40)}${'qz '.repeat(5)}`)
  const first = async (method: 'bpe' | 'likelihood'): Promise<string> => {
    const rules = { vocabSize: 100, specialTokens: ['[UNK]'] }
    const { tokens } = await trainWordPiece(words, method, rules)
    return [...tokens].find((token) => token.replace('##', '').length === 2)!
  }
  expect(await first('likelihood')).toBe('qz')
  expect(await first('bpe')).toBe('ab')
})

test('bpe gives the same ids every time', async () => {
  const text = 'the lowest of the newest words, 最新 的 分词'
  const rules = { vocabSize: 80, specialTokens: ['[PAD]', '[UNK]'] }
  const forth = await trainWordPiece(count(text), 'bpe', rules)
  const back = await trainWordPiece(count(text.split(' ').toReversed().join(' ')), 'bpe', rules)
  expect(forth).toEqual(back)
  expect([...forth.tokens].slice(0, 3)).toEqual(['[PAD]', '[UNK]', ','])
})
