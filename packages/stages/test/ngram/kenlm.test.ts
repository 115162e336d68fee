// Scores of KenLM itself on our own articles (oracle/ngram/make.py). lmplz takes the last n-gram of an
// order by its frequency instead of its adjusted count when it computes discounts, which moves them a little on a
// corpus of this size (none at all on 20 MB): hence the tolerance of a thousandth.
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { scorerOf, type TestTraining } from './train-text.ts'

interface Golden {
  readonly text: string
  readonly heldOut: string
  readonly scores: Readonly<Record<string, readonly number[]>>
}

const oracle = join(import.meta.dirname, '..', 'oracle', 'ngram', 'scores.json')
const golden = JSON.parse(readFileSync(oracle, 'utf8')) as Golden
const folder = resolve(import.meta.dirname, '../../../..', golden.text)

function linesOf(name: string): string[] {
  const lines = readFileSync(join(folder, name), 'utf8').split('\n')
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

const models: readonly (readonly [string, TestTraining])[] = [
  ['order3', { order: 3 }],
  ['order3-pruned', { order: 3, prune: [0, 0, 1] }],
  ['order5', { order: 5 }],
]

test.each(models)('%s scores lines as KenLM does', async (name, training) => {
  const names = readdirSync(folder).toSorted()
  const text = names.filter((each) => each !== golden.heldOut).flatMap(linesOf)
  const scorer = await scorerOf(text.join('\n'), training)
  const scores = linesOf(golden.heldOut).map((line) => scorer.score(line).logProb)
  const expected = golden.scores[name]!
  expect(scores).toHaveLength(expected.length)
  for (const [i, score] of scores.entries()) {
    expect(Math.abs(score / expected[i]! - 1)).toBeLessThan(1e-3)
  }
})
