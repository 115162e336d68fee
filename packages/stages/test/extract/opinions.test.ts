import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analysePage } from '@shardmill/stages/extract/html/analyse-page'
import {
  fillOpinions,
  firstFeatureNames,
  opinionFeatureNames,
  secondFeatureNames,
} from '@shardmill/stages/extract/html/classify-blocks'
import { attributeOf } from '@shardmill/stages/extract/html/attribute-values'

type Analysis = ReturnType<typeof analysePage>

const pieces = fc.constantFrom(
  '<div class="post 12">', '<div class="post">', '<div class="side">', '</div>', '<ul><li>', '<li class="a">', '</ul>',
  '<p>Ten words are in this one, and no more.', '<p>short', '<h2>Heading</h2>', '中文，一段话。', '<a href="/">link</a>',
) // prettier-ignore
const pages = fc.array(pieces, { minLength: 4, maxLength: 60 }).map((parts) => parts.join(''))
const opinionOf = (block: number): number => ((block * 37) % 100) / 100
const opinionsOf = ({ blocks }: Analysis): Float32Array =>
  Float32Array.from({ length: blocks.count }, (_, block) => opinionOf(block))

/** What the features of a block are called, and what they are. */
function valuesOf(
  analysis: Analysis,
  opinions: Float32Array,
): (block: number, name: string) => number {
  const width = secondFeatureNames.length
  const rows = new Float32Array(analysis.blocks.count * width).fill(Number.NaN)
  fillOpinions(analysis, opinions, rows)
  return (block, name) => rows[block * width + secondFeatureNames.indexOf(name)] ?? Number.NaN
}

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
    const value = valuesOf(analysePage(html, ''), Float32Array.of(0.5, 0.7, 0.9, 0.1))
    expect(value(0, 'classKinBlocks')).toBeCloseTo(Math.log2(3))
    expect(value(3, 'classKinBlocks')).toBe(0)
    expect(value(1, 'classKinMean')).toBeCloseTo(0.7)
    expect(value(1, 'classKinMax')).toBeCloseTo(0.9)
    expect(value(2, 'classKinOthers')).toBeCloseTo(0.6)
    expect(value(3, 'classKinOthers')).toBe(-1)
  })
  test('are summed up as the plain way does', () => {
    fc.assert(
      fc.property(pages, (html) => {
        const analysis = analysePage(html, '')
        const { blocks } = analysis
        const opinions = opinionsOf(analysis)
        const value = valuesOf(analysis, opinions)
        const sum = (list: readonly number[], of: (block: number) => number): number =>
          list.reduce((all, block) => all + of(block), 0)
        const chars = (b: number): number => (blocks.chars[b] ?? 0) + 2 * (blocks.cjk[b] ?? 0)
        const words = (b: number): number => Math.min(200, blocks.words[b] ?? 0) + 1
        const every = Array.from(opinions, (_, block) => block)
        for (const [family, withClass] of [
          ['class', true],
          ['tag', false],
        ] as const) {
          for (const kin of kinByPath(analysis, withClass).values()) {
            const size = Math.max(1, sum(kin, chars))
            const all = sum(kin, words)
            const mass = sum(kin, (b) => words(b) * (opinions[b] ?? 0))
            const [first = 0, last = 0] = [kin[0], kin.at(-1)]
            for (const block of kin) {
              const about = (name: string): number => value(block, `${family}Kin${name}`)
              expect(about('Blocks')).toBeCloseTo(Math.log2(kin.length), 5)
              expect(about('Chars')).toBeCloseTo(Math.log2(size), 5)
              expect(about('Share')).toBeCloseTo(size / Math.max(1, sum(every, chars)), 5)
              expect(about('Stops')).toBeCloseTo(
                sum(kin, (b) => blocks.stops[b] ?? 0) / kin.length,
                5,
              )
              expect(about('CharsPerBlock')).toBeCloseTo(
                sum(kin, (b) => Math.log2(1 + chars(b))) / kin.length,
                5,
              )
              expect(about('Place')).toBeCloseTo(first / blocks.count, 5)
              expect(about('Spread')).toBeCloseTo((last - first + 1) / kin.length, 5)
              expect(about('Mean')).toBeCloseTo(mass / all, 5)
              expect(about('Max')).toBe(Math.max(...kin.map((b) => opinions[b] ?? 0)))
              const rest = all - words(block)
              const others = (mass - words(block) * (opinions[block] ?? 0)) / rest
              expect(about('Others')).toBeCloseTo(rest > 0 ? others : -1, 5)
            }
          }
        }
      }),
      { numRuns: 60, seed: 13 },
    )
  })
})

describe('the context', () => {
  test('is what neighbours and the page are thought to be', () => {
    fc.assert(
      fc.property(pages, (html) => {
        const analysis = analysePage(html, '')
        const { count, words } = analysis.blocks
        const opinions = opinionsOf(analysis)
        const value = valuesOf(analysis, opinions)
        const mass = (from: number, to: number): number => {
          let sum = 0
          for (let b = from; b < to; b++)
            sum += (Math.min(200, words[b] ?? 0) + 1) * (opinions[b] ?? 0)
          return sum
        }
        const all = Math.max(1e-6, mass(0, count))
        for (let block = 0; block < count; block++) {
          expect(value(block, 'p')).toBe(opinions[block])
          for (const offset of [-4, -3, -2, -1, 1, 2, 3, 4])
            expect(value(block, `p${offset}`)).toBe(opinions[block + offset] ?? -1)
          const last = opinions.subarray(0, block).findLastIndex((p) => p > 0.6)
          const next = opinions.subarray(block + 1).findIndex((p) => p > 0.6)
          expect(value(block, 'sinceKept')).toBe(
            last < 0 ? Math.min(100, block + 100) : block - last,
          )
          expect(value(block, 'untilKept')).toBe(next < 0 ? 100 : next + 1)
          expect(value(block, 'keptShare')).toBeCloseTo(mass(block, block + 1) / all, 5)
          expect(value(block, 'keptBefore')).toBeCloseTo(mass(0, block) / all, 5)
          expect(value(block, 'keptAfter')).toBeCloseTo(1 - mass(0, block + 1) / all, 5)
          const near = opinions.subarray(Math.max(0, block - 5), block + 6)
          expect(value(block, 'window5')).toBeCloseTo(near.reduce((a, b) => a + b) / near.length, 5)
          expect(value(block, 'keptWords')).toBeCloseTo(Math.log2(1 + mass(0, count)), 5)
        }
      }),
      { numRuns: 60, seed: 14 },
    )
  })
})

test('only the features of the second look are written', () => {
  const analysis = analysePage('<p>one<p>two', '')
  const rows = new Float32Array(2 * secondFeatureNames.length)
  fillOpinions(analysis, Float32Array.of(0.5, 0.7), rows.fill(7))
  expect(rows.subarray(0, firstFeatureNames.length).every((value) => value === 7)).toBe(true)
  expect(new Set(opinionFeatureNames).size).toBe(opinionFeatureNames.length)
  expect(opinionFeatureNames.length + firstFeatureNames.length).toBe(secondFeatureNames.length)
})

describe('the core', () => {
  test('is the element with the largest sum of opinions, less the doubt', () => {
    fc.assert(
      fc.property(pages, (html) => {
        const analysis = analysePage(html, '')
        const { page, blocks } = analysis
        if (blocks.count === 0) return
        const opinions = opinionsOf(analysis)
        const value = valuesOf(analysis, opinions)
        const inCore = Array.from(opinions, (_, block) => value(block, 'inCore'))
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
        expect(inCore.slice(from, to).every((is) => is === 1)).toBe(true)
        expect(gainOf(from, to)).toBeCloseTo(best, 6)
        for (let block = 0; block < blocks.count; block++) {
          const away = block < from ? block - from : block >= to ? block - to + 1 : 0
          expect(value(block, 'fromCore')).toBe(away)
          expect(value(block, 'coreLevel') === 0).toBe(away === 0)
        }
      }),
      { numRuns: 60, seed: 12 },
    )
  })
})
