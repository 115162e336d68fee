import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { analysePage, type Analysis } from '@shardmill/stages/extract/html/analyse-page'
import { placeFinder, tableJudge, type Place } from '@shardmill/stages/extract/html/place'
import { tagNames } from '@shardmill/stages/extract/html/tags'

const pieces = fc.constantFrom(
  '<table>', '<tr>', '<td>', '<th>', '</td>', '</tr>', '</table>', '<ul>', '<ol>', '<li>', '</li>', '</ul>', '<pre>',
  '</pre>', '<blockquote>', '</blockquote>', '<dl>', '<dt>', '<dd>', '</dl>', '<h2>', '</h2>', '<p>', 'some text', 'more',
  '<table><tr><td>a<td>b<tr><td>c<td><p>d</table>', '<table><tr><th>a<th><ul><li>b',
) // prettier-ignore

/** By climbing from the block, as the file's first version did. */
function climbed({ page }: Analysis, from: number, isDataTable: (table: number) => boolean): Place {
  const place = { heading: 0, pre: -1, item: -1, list: -1, row: -1, cell: -1, table: -1, listDepth: 0, quoteDepth: 0, isTerm: false } // prettier-ignore
  let row = -1
  let cell = -1
  for (let node = from; node >= 0; node = page.parent[node] ?? -1) {
    const name = tagNames[page.tag[node] ?? 0] ?? ''
    if (/^h[1-6]$/.test(name) && place.heading === 0) place.heading = Number(name[1])
    if (name === 'pre') place.pre = node
    if (name === 'li' && place.item < 0) place.item = node
    if (name === 'ul' || name === 'ol') {
      place.listDepth++
      if (place.list < 0) place.list = node
    }
    if (name === 'blockquote') place.quoteDepth++
    if (name === 'dt' || name === 'dd') place.isTerm = true
    if ((name === 'td' || name === 'th') && cell < 0) cell = node
    if (name === 'tr') row = node
    if (name === 'table') {
      if (place.table < 0 && row >= 0 && cell >= 0 && isDataTable(node))
        Object.assign(place, { table: node, row, cell })
      row = -1
      cell = -1
    }
  }
  return place
}

test('a place is what climbing from the block finds', () => {
  let inTables = 0
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      const analysis = analysePage(parts.join(''), '')
      const { page, blocks } = analysis
      const isDataTable = tableJudge(page, blocks)
      const placeOf = placeFinder(page, isDataTable)
      for (let block = 0; block < blocks.count; block++) {
        const container = blocks.container[block] ?? -1
        const expected = climbed(analysis, container, isDataTable)
        if (expected.table >= 0) inTables++
        expect(placeOf(container)).toMatchObject(expected)
      }
    }),
    { numRuns: 400, seed: 31 },
  )
  expect(inTables).toBeGreaterThan(20)
})
