// Lines or paragraphs that stand in many documents: what line-dedup and paragraph-dedup share. Two rules
// look at the documents in which a part occurs; once or often within one document is the same.
//
// Site: on enough pages of one site, on enough of all its pages, and in half of them near the begin or
// end, it is boilerplate: menus, footers, licence notes, "next page". All copies go (`siteKeep: first`
// leaves one). The place matters: "The result is:" is on every page of a programming blog, in its middle.
// Corpus: in enough documents anywhere it is repeated text; one document keeps it, the best by quality,
// then the earliest, so that an article wins against the page that lists it if a stage has judged both.
//
// Lines that look like code are not compared: `return 0;` is no boilerplate and a program without it
// is broken. Compared are letters and digits only, NFKC, lower case, by 96 bits of XXH64: two different
// parts meet by chance with probability n^2 / 2^97. A part is cut whole, with its line break; what stays
// is neither joined nor moved. Sizes as in units.ts: a word counts two, any other character one.
//
// Cost: about 0.1 us per letter, 40 bytes of exchange per part, 16 bytes per site in a group task.
import { z } from 'zod'
import type { Document } from '@shardmill/core/document'
import { hashText, hashTextInto } from '@shardmill/core/hash'
import type { Spans } from '@shardmill/core/lines'
import type { Census, CorpusPass, RecordGroup, Verdict } from '@shardmill/core/stage'
import { siteOf } from '../url/registered-domain.ts'
import { orderedQuality, secondSeed } from './keeper.ts'
import { joinAcrossSpace } from './substring/borders.ts'
import { sizeOfText } from './units.ts'

/** Options of a stage of this kind, with its own defaults. */
export function partOptions(defaults: {
  siteDocuments: number
  siteShare: number
  siteMinSize: number
  siteEdge: number
  documents: number
  minSize: number
}) {
  return z.strictObject({
    siteDocuments: z
      .int()
      .min(0)
      .default(defaults.siteDocuments)
      .describe('Boilerplate stands on at least so many pages of a site; 0 switches the rule off.'),
    siteShare: z
      .number()
      .min(0)
      .max(1)
      .default(defaults.siteShare)
      .describe("Boilerplate stands on at least this share of the site's pages, too."),
    siteMinSize: z
      .int()
      .min(1)
      .default(defaults.siteMinSize)
      .describe(
        'Smaller lines or paragraphs are no boilerplate: a word counts 2, any other character 1.',
      ),
    siteEdge: z
      .int()
      .min(0)
      .default(defaults.siteEdge)
      .describe(
        'In half of its places boilerplate is at most so many lines or paragraphs from begin or end; 0: anywhere.',
      ),
    siteKeep: z
      .enum(['none', 'first'])
      .default('none')
      .describe(
        "What stays of boilerplate: nothing, or the copies in the first of the site's documents.",
      ),
    documents: z
      .int()
      .min(0)
      .default(defaults.documents)
      .describe(
        'Repeated text stands in at least so many documents anywhere; 0 switches the rule off.',
      ),
    minSize: z
      .int()
      .min(1)
      .default(defaults.minSize)
      .describe(
        'Smaller lines or paragraphs are not compared across sites: a word counts 2, any other character 1.',
      ),
    keep: z
      .enum(['first', 'none'])
      .default('first')
      .describe(
        'What stays of repeated text: the copies in the best or else first document, or nothing.',
      ),
    ignoreNumbers: z
      .boolean()
      .default(false)
      .describe('Take all numbers for equal: "read 1024 times" is on every page.'),
    minRest: z
      .int()
      .min(0)
      .default(20)
      .describe(
        'A document that was cut is dropped when less is left: a word counts 2, any other character 1.',
      ),
  })
}

export type PartOptions = z.infer<ReturnType<typeof partOptions>>

// Words of a record.
const keyWords = 3
const siteLow = 3
const siteHigh = 4
const size = 5
const quality = 6
/** Twice the part's number, plus one when it is near the begin or end. */
const place = 7
const recordWords = 8

/** The pass of a stage whose parts are those that `partsOf` finds. */
export function createPartPass(
  reason: string,
  options: PartOptions,
  partsOf: (document: Document) => Spans,
): CorpusPass {
  const { siteDocuments, documents, siteMinSize, minSize, siteEdge, ignoreNumbers, minRest } =
    options
  const least = Math.min(
    siteDocuments > 0 ? siteMinSize : Infinity,
    documents > 0 ? minSize : Infinity,
  )
  const key = new Uint32Array(4)
  return {
    reason,
    recordWords,
    keyWords,
    emit(document, push) {
      const site = siteNumber(document)
      const parts = partsOf(document)
      const { count, starts, ends } = parts
      const { first, last } = middleOf(document.text, parts, siteEdge)
      const worth = orderedQuality(document.quality)
      for (let i = 0; i < count; i++) {
        // Every word has a letter or two of size one each at least: shorter parts are too small.
        if (ends[i]! - starts[i]! < least / 2) continue
        const text = document.text.slice(starts[i], ends[i])
        if (isCode(text)) continue
        const folded = foldPart(text, ignoreNumbers)
        const partSize = sizeOfText(folded)
        if (partSize < least) continue
        const letters = folded.replaceAll(' ', '')
        hashTextInto(letters, key, 0)
        hashTextInto(letters, key, 2, secondSeed)
        const isEdge = i < first || i > last ? 1 : 0
        const [low, high] = [site >>> 0, Math.floor(site / 2 ** 32)]
        push(key[0]!, key[1]!, key[2]!, low, high, partSize, worth, i * 2 + isEdge)
      }
    },
    census: (document) => siteNumber(document) || undefined,
    reduce(group, verdict, census) {
      if (documents > 0) markRepeated(group, verdict, options)
      if (siteDocuments > 0) markBoilerplate(group, verdict, options, census)
    },
    spans(document, marks) {
      const { starts, ends } = partsOf(document)
      const spans = {
        count: marks.count,
        starts: marks.starts.map((from) => starts[from]!),
        ends: marks.ends.map((to) => ends[to - 1]!),
      }
      return joinAcrossSpace(document.text, spans)
    },
    judgeRest: ({ text }) => (sizeOfText(text) < minRest ? 'too-little-left' : undefined),
  }
}

/** The parts that are not among the first or last `edge` ones with something in them. */
function middleOf(
  text: string,
  { count, starts, ends }: Spans,
  edge: number,
): { first: number; last: number } {
  if (edge === 0) return { first: count, last: count }
  const isBlank = (i: number): boolean => text.slice(starts[i], ends[i]).trim() === ''
  let [first, last] = [0, count - 1]
  for (let seen = 0; first < count && seen < edge; first++) if (!isBlank(first)) seen++
  for (let seen = 0; last >= 0 && seen < edge; last--) if (!isBlank(last)) seen++
  return { first, last }
}

/** A line of a program or of markup, as far as its ends show. */
export function isCode(text: string): boolean {
  return /^\s*(?:[#@]\w|[<{}*/$>]|\/\/)|[;{}<>=\\]\s*$|^\s+[a-z]+[.(]|\w\(.*\)$/.test(text)
}

/** Letters and digits of a part, a space between its words, for comparison only. */
export function foldPart(text: string, ignoresNumbers: boolean): string {
  const folded = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
  return ignoresNumbers ? folded.replaceAll(/\p{N}+(?: \p{N}+)*/gu, '0') : folded
}

/** 52 bits of a hash of the document's site; 0 when it has none. */
function siteNumber({ url }: Document): number {
  const site = siteOf(url)
  return site === '' ? 0 : Number.parseInt(hashText(site).slice(0, 13), 16)
}

function markRepeated(
  group: RecordGroup,
  verdict: Verdict,
  { documents, minSize, keep }: PartOptions,
): void {
  if (group.count < documents || group.word(0, size) < minSize) return
  let found = 1
  for (let record = 1; record < group.count; record++) {
    if (group.ordinal(record) !== group.ordinal(record - 1)) found++
  }
  if (found < documents) return
  let best = 0
  for (let record = 1; record < group.count; record++) {
    if (group.word(record, quality) > group.word(best, quality)) best = record
  }
  const keeper = keep === 'first' ? group.ordinal(best) : -1
  for (let record = 0; record < group.count; record++) {
    if (group.ordinal(record) !== keeper) markPart(group, record, verdict)
  }
}

interface SiteCount {
  documents: number
  /** Places, and those near the begin or end. */
  places: number
  edges: number
  first: number
  last: number
}

function markBoilerplate(
  group: RecordGroup,
  verdict: Verdict,
  { siteDocuments, siteShare, siteMinSize, siteKeep }: PartOptions,
  census: Census,
): void {
  if (group.count < siteDocuments || group.word(0, size) < siteMinSize) return
  const sites = new Map<number, SiteCount>()
  for (let record = 0; record < group.count; record++) {
    const site = siteOfRecord(group, record)
    if (site === 0) continue
    const ordinal = group.ordinal(record)
    const count = sites.get(site)
    const isEdge = group.word(record, place) & 1
    if (!count) {
      sites.set(site, { documents: 1, places: 1, edges: isEdge, first: ordinal, last: ordinal })
      continue
    }
    count.places++
    count.edges += isEdge
    if (count.last !== ordinal) count.documents++
    count.last = ordinal
  }
  for (let record = 0; record < group.count; record++) {
    const site = siteOfRecord(group, record)
    const count = sites.get(site)
    if (!count || count.documents < siteDocuments) continue
    if (count.documents < siteShare * census(site) || count.edges * 2 < count.places) continue
    if (siteKeep === 'first' && group.ordinal(record) === count.first) continue
    markPart(group, record, verdict)
  }
}

function siteOfRecord(group: RecordGroup, record: number): number {
  return group.word(record, siteHigh) * 2 ** 32 + group.word(record, siteLow)
}

function markPart(group: RecordGroup, record: number, verdict: Verdict): void {
  const at = group.word(record, place) >>> 1
  verdict.mark(group.ordinal(record), at, at + 1)
}
