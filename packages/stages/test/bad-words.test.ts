import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { badWords, buildAutomaton, coveredBy } from '@shardmill/stages/quality/bad-words'
import { testContext } from './run-fixture.ts'

/** The plain twin: every place, every word. */
function plain(words: readonly string[], text: string): number {
  const covered = new Set<number>()
  for (const word of words.filter(Boolean)) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const isHan = /\p{Script=Han}/u.test(word)
      const [before, after] = [text.slice(0, at), text.slice(at + word.length)]
      const isInside = /[a-z0-9]$/.test(before) || /^[a-z0-9]/.test(after)
      if (!isHan && isInside) continue
      for (let i = at; i < at + word.length; i++) covered.add(i)
    }
  }
  return covered.size
}

test('the automaton covers what the plain twin covers', () => {
  const unit = fc.constantFrom('a', 'b', '坏', '词', ' ', '1')
  const word = fc.string({ unit, minLength: 0, maxLength: 4 }).map((value) => value.trim())
  const text = fc.string({ unit, maxLength: 40 })
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), text, (words, value) => {
      expect(coveredBy(buildAutomaton(words), value)).toBe(plain(words, value))
    }),
    { seed: 1, numRuns: 5000 },
  )
})

test('a list that is not there is named', async () => {
  const options = badWords.options.parse({ lists: { zh: 'none.txt' } })
  await expect((async () => badWords.create(options, testContext('/nowhere')))()).rejects.toThrow(
    /bad-words: the zh list \/nowhere\/none.txt cannot be read: .*ENOENT/,
  )
})
