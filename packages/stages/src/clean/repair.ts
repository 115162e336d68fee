// Mends what machines did to a text on its way here; runs before language-id and deduplication,
// because both judge the damage instead of the text (fastText calls pages with readings Chechen, and
// a clean copy no longer equals a damaged one).
//   mojibake   UTF-8, GBK or Big5 read as Latin-1 is turned back (repair/mojibake.ts); what cannot
//              be turned back (UTF-8 read as GBK, 锟斤拷, 烫烫烫, U+FFFD, private-use characters) is
//              named in meta.mojibake
//   readings   機器學(xué)習(xí): readings behind converted characters are taken out
//              (repair/readings.ts) and the page, which was simplified once, is simplified again
// Honest glosses such as 学（xué） and dictionaries are left alone: no single hit decides.
// Cost: three searches on clean text, over 100 MB/s.
import { z } from 'zod'
import { defineMap } from '@shardmill/core/stage'
import { convertVariant } from '@shardmill/tokenizer/language/convert'
import { findMojibake } from '@shardmill/tokenizer/language/mojibake'
import { repairMojibake } from './repair/mojibake.ts'
import { findReadings, removeReadings } from './repair/readings.ts'

export const repair = defineMap({
  name: 'repair',
  summary: 'Mojibake and readings in parentheses: repaired, dropped or tagged.',
  options: z.strictObject({
    readings: z
      .enum(['repair', 'drop', 'tag', 'off'])
      .default('repair')
      .describe(
        'Readings behind characters: taken out, the page dropped, or only meta.readings set.',
      ),
    minHits: z
      .int()
      .min(1)
      .default(3)
      .describe('Fewer readings than this in a text are left alone.'),
    minDensity: z
      .number()
      .min(0)
      .default(0.5)
      .describe('Texts with fewer readings per 100 ideographs are left alone.'),
    simplify: z
      .boolean()
      .default(true)
      .describe(
        'Simplify a page whose readings were taken out; it was converted by the same machine.',
      ),
    mojibake: z
      .enum(['repair', 'drop', 'tag', 'off'])
      .default('repair')
      .describe('Reversible mojibake: turned back, the page dropped, or only meta.mojibake set.'),
    dropLost: z.boolean().default(false).describe('Drop text that is mojibake beyond repair.'),
  }),
  map({ readings, minHits, minDensity, simplify, mojibake, dropLost }, context) {
    const drop = (doc: { dropped: unknown }, reason: string): void => {
      doc.dropped = { stage: 'repair', reason }
    }
    return (doc) => {
      if (mojibake !== 'off') {
        const { text, kind } = repairMojibake(doc.text)
        const lost = kind === undefined ? findMojibake(doc.text) : undefined
        if (kind !== undefined || lost !== undefined) {
          context.count(kind === undefined ? 'mojibake-lost' : 'mojibake')
          doc.meta.mojibake = kind ?? lost!
        }
        if (kind !== undefined && mojibake === 'drop') return drop(doc, 'mojibake')
        if (lost !== undefined && dropLost) return drop(doc, 'mojibake-lost')
        if (kind !== undefined && mojibake === 'repair') doc.text = text
      }
      if (readings === 'off') return
      const { hits, isArtefact } = findReadings(doc.text, { minHits, minDensity })
      if (!isArtefact) return
      context.count('readings', hits)
      doc.meta.readings = hits
      if (readings === 'drop') return drop(doc, 'readings')
      if (readings === 'tag') return
      const cleaned = removeReadings(doc.text)
      doc.text = simplify ? convertVariant(cleaned, 't2s') : cleaned
    }
  },
})
