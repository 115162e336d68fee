import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analysePage } from '@shardmill/stages/extract/html/analyse-page'
import { coreFeatureNames, fillCore } from '@shardmill/stages/extract/html/core'
import {
  fillLookContext,
  fillLooks,
  lookContextNames,
  lookFeatureNames,
} from '@shardmill/stages/extract/html/looks'
import { attributeOf } from '@shardmill/stages/extract/html/attribute-values'

type Analysis = ReturnType<typeof analysePage>

const pieces = fc.constantFrom(
  '<div class="post 12">', '<div class="post">', '<div class="side">', '</div>', '<ul><li>', '<li class="a">', '</ul>',
  '<p>Ten words are in this one, and no more.', '<p>short', '<h2>Heading</h2>', '中文，一段话。', '<a href="/">link</a>',
) // prettier-ignore
const pages = fc.array(pieces, { minLength: 4, maxLength: 60 }).map((parts) => parts.join(''))
const opinionOf = (block: number): number => ((block * 37) % 100) / 100

/** Tags and letters of the classes from the root down. */
function pathOf({ page }: Analysis, node: number, withClass: boolean): string {
  const steps: string[] = []
  for (let up = node; up >= 0; up = page.parent[up] ?? -1) {
    const words = (attributeOf(page, up, 'class') ?? '')
      .split(/[^a-z]+/i)
      .filter((word) => word !== '')
    steps.unshift(`${page.tag[up]}${withClass ? `.${words.join('.')}` : ''}`)
  }
  return steps.join('>')
}

function kinByPath(analysis: Analysis, withClass: boolean): Map<string, number[]> {
  const kin = new Map<string, number[]>()
  for (let block = 0; block < analysis.blocks.count; block++) {
    const path = pathOf(analysis, analysis.blocks.container[block] ?? 0, withClass)
    kin.set(path, [...(kin.get(path) ?? []), block])
  }
  return kin
}

describe('blocks that look alike', () => {
  test('are those with the same tags and classes above them', () => {
    fc.assert(
      fc.property(pages, (html) => {
        const analysis = analysePage(html, '')
        for (const [family, withClass] of [true, false].entries()) {
          const numbers = analysis.looks[family]?.groupOf ?? []
          const expected = [...kinByPath(analysis, withClass).values()]
          for (const blocks of expected) expect(new Set(blocks.map((b) => numbers[b])).size).toBe(1)
          expect(analysis.looks[family]?.count).toBe(expected.length)
        }
      }),
      { numRuns: 60, seed: 11 },
    )
  })
  test('share what they are and what is thought of them', () => {
    const html = `<div class="post">${'<p>Ten words are in this one, and no more.</p>'.repeat(3)}</div><p>other</p>`
    const analysis = analysePage(html, '')
    const { page, blocks, looks } = analysis
    const width = lookFeatureNames.length + lookContextNames.length
    const rows = new Float32Array(blocks.count * width)
    fillLooks(page, blocks, looks, rows, width, 0)
    fillLookContext(
      blocks,
      looks,
      Float32Array.of(0.5, 0.7, 0.9, 0.1),
      rows,
      width,
      lookFeatureNames.length,
    )
    const value = (block: number, name: string): number =>
      rows[block * width + [...lookFeatureNames, ...lookContextNames].indexOf(name)] ?? NaN
    expect(value(0, 'classKinBlocks')).toBeCloseTo(Math.log2(3))
    expect(value(3, 'classKinBlocks')).toBe(0)
    expect(value(1, 'classKinMean')).toBeCloseTo(0.7)
    expect(value(1, 'classKinMax')).toBeCloseTo(0.9)
    expect(value(2, 'classKinOthers')).toBeCloseTo(0.6)
    expect(value(3, 'classKinOthers')).toBe(-1)
    expect(new Set([...lookFeatureNames, ...lookContextNames, ...coreFeatureNames]).size).toBe(
      width + coreFeatureNames.length,
    )
    expect(rows.every(Number.isFinite)).toBe(true)
  })
})

describe('the core', () => {
  test('is the element with the largest sum of opinions, less the doubt', () => {
    fc.assert(
      fc.property(pages, (html) => {
        const { page, blocks } = analysePage(html, '')
        if (blocks.count === 0) return
        const opinions = Float32Array.from({ length: blocks.count }, (_, block) => opinionOf(block))
        const width = coreFeatureNames.length
        const rows = new Float32Array(blocks.count * width)
        fillCore(page, blocks, opinions, rows, width, 0)
        const inCore = Array.from(opinions, (_, block) => rows[block * width])
        const gainOf = (from: number, to: number): number => {
          let gain = 0
          for (let b = from; b < to; b++)
            gain += ((opinions[b] ?? 0) - 0.4) * (Math.min(200, blocks.words[b] ?? 0) + 1)
          return gain
        }
        let best = -Infinity
        for (let node = 0; node < page.count; node++) {
          const from = blocks.begun[node] ?? 0
          const to = blocks.begun[page.end[node] ?? 0] ?? from
          if (blocks.blockOf[node] === node && to > from) best = Math.max(best, gainOf(from, to))
        }
        if (best === -Infinity) return
        const from = inCore.indexOf(1)
        const to = inCore.lastIndexOf(1) + 1
        expect(inCore.slice(from, to).every((value) => value === 1)).toBe(true)
        expect(gainOf(from, to)).toBeCloseTo(best, 6)
        for (let block = 0; block < blocks.count; block++) {
          const away = block < from ? block - from : block >= to ? block - to + 1 : 0
          expect(rows[block * width + 1]).toBe(away)
          expect((rows[block * width + 2] ?? 0) === 0).toBe(away === 0)
        }
      }),
      { numRuns: 60, seed: 12 },
    )
  })
})
