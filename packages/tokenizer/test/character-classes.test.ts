import { expect, test } from 'vitest'
import { characterClassRuns } from '../src/data/character-classes-16.0.ts'
import { characterClasses } from '../src/pretokenize/character-classes.ts'

test('the table holds what its data say, run by run', () => {
  const table = characterClasses()
  let start = 0
  const wrong: string[] = []
  for (const run of characterClassRuns.trim().split(/\s+/)) {
    const [length, value] = run.split(/[.:]/)
    const end = start + parseInt(length!, 36)
    const wanted = value === '' ? 0 : parseInt(value!, 36)
    if (table.subarray(start, end).some((found) => found !== wanted)) wrong.push(`${start} ${run}`)
    start = end
  }
  expect(start).toBe(0x110000)
  expect(wrong).toEqual([])
})
