// What the report counts, in a form that adds up: tasks write theirs beside their parts, the report
// merges all. Everything here depends on the documents only; timings are kept apart in `cpuMs`.
import { hashText } from '@shardmill/core/hash'
import type { Document } from '@shardmill/core'

export interface StageStats {
  in: number
  kept: number
  quarantined: number
  /** Documents dropped, by reason. */
  dropped: Record<string, number>
  /** The stage's own counters. */
  counters: Record<string, number>
  /** Documents by the language they had after the stage: all of them, and those dropped by reason. */
  languages: Record<string, LanguageStats>
  /** UTF-16 units of text seen; bytes of payload for documents not yet decoded. */
  inputSize: number
  cpuMs: number
}

export interface LanguageStats {
  in: number
  dropped: Record<string, number>
}

export interface Sample {
  readonly id: string
  readonly url: string
  readonly lang: string
  readonly length: number
  /** The first 400 units of the text, or the cuts made in it. */
  readonly head: string
  /** Order among samples: a hash of the id, so that the choice does not depend on the order. */
  readonly rank: string
}

export interface Tally {
  kept: number
  dropped: number
  quarantined: number
}

export interface Stats {
  /** Items read from the inputs: documents plus skipped records. */
  read: { items: number; documents: number; bytes: number; skipped: Record<string, number> }
  /** One or two places for each reason to skip. */
  skippedAt: Record<string, string[]>
  /** By stage name in pipeline order; a name used twice gets `#2`. */
  stages: Record<string, StageStats>
  samples: Record<string, Sample[]>
  languages: Record<string, Tally & { keptLength: number }>
  domains: Record<string, Tally>
  /**
   * Documents of the overlap sample (see overlap.ts) that were dropped, by the stages that would each
   * have dropped them: labels joined by line ends.
   */
  overlap: Record<string, number>
  /** Documents by floor(log2(text length)), of those kept to the end and of those dropped. */
  lengths: { kept: number[]; dropped: number[] }
}

const samplesPerReason = 20
const headLength = 400

export function emptyStats(): Stats {
  return {
    read: { items: 0, documents: 0, bytes: 0, skipped: table() },
    skippedAt: table(),
    stages: table(),
    samples: table(),
    languages: table(),
    domains: table(),
    overlap: table(),
    lengths: { kept: [], dropped: [] },
  }
}

export function emptyStageStats(): StageStats {
  const [dropped, counters] = [table<number>(), table<number>()]
  const languages = table<LanguageStats>()
  return { in: 0, kept: 0, quarantined: 0, dropped, counters, languages, inputSize: 0, cpuMs: 0 }
}

/** A record without a prototype: a host may well be called `constructor`. */
function table<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>
}

/** Counts what a stage did with a document, by language. */
export function countLanguage({ languages }: StageStats, { lang, dropped }: Document): void {
  const language = (languages[lang === '' ? 'unknown' : lang] ??= { in: 0, dropped: table() })
  language.in++
  if (dropped) addTo(language.dropped, dropped.reason)
}

export function addTo(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by
}

/** Counts a document that has left the pipeline: dropped, quarantined or kept to the end. */
export function countDocument(stats: Stats, document: Document): void {
  const outcome = document.quarantined ? 'quarantined' : document.dropped ? 'dropped' : 'kept'
  const { length } = document.text
  const lang = document.lang === '' ? 'unknown' : document.lang
  const language = (stats.languages[lang] ??= { ...noDocuments, keptLength: 0 })
  language[outcome]++
  if (outcome === 'kept') language.keptLength += length
  const domain = domainOf(document.url)
  ;(stats.domains[domain] ??= { ...noDocuments })[outcome]++
  if (outcome === 'quarantined') return
  const bucket = length === 0 ? 0 : 1 + Math.floor(Math.log2(length))
  const lengths = stats.lengths[outcome]
  while (lengths.length <= bucket) lengths.push(0)
  lengths[bucket]!++
}

const noDocuments: Tally = { kept: 0, dropped: 0, quarantined: 0 }

/**
 * Offers a document as a sample of why it was dropped, or of what was cut from it (`excerpt`). 20 are
 * kept, and each language has its turn: the least rank of every language, then the second of each.
 */
export function offerSample(
  stats: Stats,
  key: string,
  document: Document,
  excerpt?: () => string,
): void {
  const samples = (stats.samples[key] ??= [])
  const rank = hashText(document.id)
  if (samples.length >= samplesPerReason) {
    const last = samples.at(-1)!
    const lastTurn = samples.filter(({ lang }) => lang === last.lang).length
    const turn = 1 + samples.filter((s) => s.lang === document.lang && s.rank < rank).length
    if (turn > lastTurn || (turn === lastTurn && rank >= last.rank)) return
  }
  samples.push({
    id: document.id,
    url: document.url,
    lang: document.lang,
    length: document.text.length,
    head: (excerpt?.() ?? document.text.slice(0, headLength)).toWellFormed(),
    rank,
  })
  stats.samples[key] = inTurns(samples)
}

/**
 * The first 20 by turn, then rank. Whoever is not among them is not among the first 20 of any larger
 * set either, so parts may choose before they are merged.
 */
function inTurns(samples: readonly Sample[]): Sample[] {
  const taken = new Map<string, number>()
  const queued = samples.toSorted(byRank).map((sample) => {
    const turn = 1 + (taken.get(sample.lang) ?? 0)
    taken.set(sample.lang, turn)
    return { sample, turn }
  })
  queued.sort((a, b) => a.turn - b.turn || byRank(a.sample, b.sample))
  return queued.slice(0, samplesPerReason).map(({ sample }) => sample)
}

function byRank(a: Sample, b: Sample): number {
  return a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0
}

/** Adds `from` to `into`. */
export function mergeStats(into: Stats, from: Stats): void {
  into.read.items += from.read.items
  into.read.documents += from.read.documents
  into.read.bytes += from.read.bytes
  mergeCounts(into.read.skipped, from.read.skipped)
  for (const [reason, places] of Object.entries(from.skippedAt)) {
    into.skippedAt[reason] = [...(into.skippedAt[reason] ?? []), ...places].slice(0, 5)
  }
  for (const [name, stage] of Object.entries(from.stages)) {
    mergeStage((into.stages[name] ??= emptyStageStats()), stage)
  }
  for (const [key, samples] of Object.entries(from.samples)) {
    into.samples[key] = inTurns([...(into.samples[key] ?? []), ...samples])
  }
  for (const [lang, tally] of Object.entries(from.languages)) {
    const sum = (into.languages[lang] ??= { ...noDocuments, keptLength: 0 })
    addTally(sum, tally)
    sum.keptLength += tally.keptLength
  }
  for (const [domain, tally] of Object.entries(from.domains)) {
    addTally((into.domains[domain] ??= { ...noDocuments }), tally)
  }
  mergeCounts(into.overlap, from.overlap)
  addHistogram(into.lengths.kept, from.lengths.kept)
  addHistogram(into.lengths.dropped, from.lengths.dropped)
}

function mergeStage(into: StageStats, from: StageStats): void {
  into.in += from.in
  into.kept += from.kept
  into.quarantined += from.quarantined
  into.inputSize += from.inputSize
  into.cpuMs += from.cpuMs
  mergeCounts(into.dropped, from.dropped)
  mergeCounts(into.counters, from.counters)
  for (const [lang, language] of Object.entries(from.languages)) {
    const sum = (into.languages[lang] ??= { in: 0, dropped: table() })
    sum.in += language.in
    mergeCounts(sum.dropped, language.dropped)
  }
}

function mergeCounts(into: Record<string, number>, from: Record<string, number>): void {
  for (const [key, count] of Object.entries(from)) addTo(into, key, count)
}

function addTally(into: Tally, from: Tally): void {
  into.kept += from.kept
  into.dropped += from.dropped
  into.quarantined += from.quarantined
}

function addHistogram(into: number[], from: readonly number[]): void {
  for (const [bucket, count] of from.entries()) into[bucket] = (into[bucket] ?? 0) + count
}

/** The host of a URL without `www.`, or '' when it has none. */
function domainOf(url: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?:www\.)?([^/?#:]+)/i.exec(url)
  return match ? match[1]!.toLowerCase() : ''
}
