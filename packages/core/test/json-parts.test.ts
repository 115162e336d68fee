import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashParts128, hashText128 } from '@shardmill/core/hash'
import { JsonEntries, jsonParts } from '@shardmill/core/json-parts'
import { commitParts } from '@shardmill/core/store'
import { expect, test } from 'vitest'

test.each([
  { a: [1, [2, 'x\ny']], b: { c: null, d: {}, e: [] }, f: undefined, '10': true },
  {},
  'only "text"',
  null,
])('%j is written as JSON.stringify writes it', (value) => {
  expect([...jsonParts(value, 3)].join('')).toBe(JSON.stringify(value, undefined, 2))
})

test('iterables are lists, entries are objects in their order', () => {
  const pairs = new Set([
    ['a', 'b'],
    ['中', '"'],
  ])
  const entries = new JsonEntries([
    ['b', 1],
    ['1', [2]],
  ])
  const text = [...jsonParts({ pairs, entries, none: new Set() })].join('')
  expect(JSON.parse(text)).toEqual({ pairs: [...pairs], entries: { b: 1, 1: [2] }, none: [] })
  expect(text).toBe(
    '{\n  "pairs": [\n    [\n      "a",\n      "b"\n    ],\n    [\n      "中",\n      "\\""\n    ]\n  ],\n' +
      '  "entries": {\n    "b": 1,\n    "1": [\n      2\n    ]\n  },\n  "none": []\n}',
  )
})

test('a file and a hash of parts are those of the whole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parts-'))
  try {
    const parts = ['a', '', '中文'.repeat(40_000), 'é'.repeat(21_845), 'z', '🙂'.repeat(9)]
    commitParts(join(folder, 'new/file'), [...parts, Buffer.from('end'), '.'])
    expect(readFileSync(join(folder, 'new/file'), 'utf8')).toBe(`${parts.join('')}end.`)
    expect(hashParts128(parts)).toBe(hashText128(parts.join('')))
    expect(hashParts128([])).toBe(hashText128(''))
    const failing = function* () {
      yield 'half'
      throw new Error('stopped')
    }
    expect(() => commitParts(join(folder, 'new/file'), failing())).toThrow('stopped')
    expect(readdirSync(join(folder, 'new'))).toEqual(['file'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
