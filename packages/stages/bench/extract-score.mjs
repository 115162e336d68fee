// Measures of main-content extraction, for the benches beside this file.
//   shingle   F1 of mean precision and mean recall over 4-word shingles (ScrapingHub's article
//             extraction benchmark); `cjk` makes every Han or Kana character a word
//   word      mean page F1 over lower-cased bags of words (WCXB), CJK characters apart
//   snippet   F1 over required and forbidden substrings, summed over pages (trafilatura)

const anyWord = /[\p{L}\p{N}_]+/gu
const cjkOrWord =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[[\p{L}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]]+/gv

export const plainWords = (text) => text.match(anyWord) ?? []
export const cjkWords = (text) => text.match(cjkOrWord) ?? []

/** Size of the common part of two multisets given as arrays. */
export function common(a, b) {
  const left = new Map()
  for (const item of a) left.set(item, (left.get(item) ?? 0) + 1)
  let shared = 0
  for (const item of b) {
    const n = left.get(item) ?? 0
    if (n === 0) continue
    shared++
    left.set(item, n - 1)
  }
  return shared
}

/** All runs of `width` words; a shorter text is one run, an empty one none. */
function shingles(words, width = 4) {
  if (words.length === 0) return []
  const count = Math.max(1, words.length - width + 1)
  return Array.from({ length: count }, (_, i) => words.slice(i, i + width).join('\u0001'))
}

export const harmonic = (p, r) => (p + r > 0 ? (2 * p * r) / (p + r) : 0)
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / (values.length || 1)

/** Precision and recall of one page over shingles; NaN where there is nothing to divide by. */
export function shinglePage(gold, text, split) {
  const g = shingles(split(gold))
  const t = shingles(split(text))
  const shared = common(g, t)
  return { p: shared / t.length, r: shared / g.length }
}

export function shingleScore(pages) {
  const p = mean(pages.map((page) => page.p).filter((value) => !Number.isNaN(value)))
  const r = mean(pages.map((page) => page.r).filter((value) => !Number.isNaN(value)))
  return { f1: harmonic(p, r), p, r }
}

export function wordPage(gold, text) {
  const g = cjkWords(gold.toLowerCase())
  const t = cjkWords(text.toLowerCase())
  if (g.length === 0) return t.length === 0 ? 1 : 0
  if (t.length === 0) return 0
  const shared = common(g, t)
  return harmonic(shared / t.length, shared / g.length)
}

const squash = (text) => text.replace(/\s+/g, ' ').trim()

/** Hits of one page: required snippets found and missed, forbidden ones found. */
export function snippetPage(row, text) {
  const flat = squash(text)
  const found = (row.with ?? []).filter((snippet) => flat.includes(squash(snippet))).length
  const wrong = (row.without ?? []).filter((snippet) => flat.includes(squash(snippet))).length
  return { tp: found, fn: (row.with ?? []).length - found, fp: wrong }
}

/** All measures that a set allows, from its rows and a map of id to text. */
export function scoreSet(rows, texts) {
  const textOf = (row) => texts.get(String(row.id)) ?? ''
  const result = {
    pages: rows.length,
    empty: rows.filter((row) => textOf(row).trim() === '').length,
  }
  const full = rows.filter((row) => row.gold != null)
  if (full.length === 0) {
    const sum = { tp: 0, fn: 0, fp: 0 }
    for (const row of rows) {
      const page = snippetPage(row, textOf(row))
      for (const key of Object.keys(sum)) sum[key] += page[key]
    }
    const p = sum.tp / (sum.tp + sum.fp || 1)
    const r = sum.tp / (sum.tp + sum.fn || 1)
    return { ...result, snippet: harmonic(p, r), snippetP: p, snippetR: r }
  }
  const sh4 = shingleScore(full.map((row) => shinglePage(row.gold, textOf(row), plainWords)))
  const cjk = shingleScore(full.map((row) => shinglePage(row.gold, textOf(row), cjkWords)))
  const words = full.map((row) => wordPage(row.gold, textOf(row)))
  Object.assign(result, {
    sh4: sh4.f1,
    sh4cjk: cjk.f1,
    sh4cjkP: cjk.p,
    sh4cjkR: cjk.r,
    word: mean(words),
  })
  const types = [...new Set(full.map((row) => row.type).filter(Boolean))].toSorted((a, b) =>
    a < b ? -1 : 1,
  )
  if (types.length > 1) {
    result.byType = Object.fromEntries(
      types.map((type) => [type, mean(words.filter((_, i) => full[i].type === type))]),
    )
  }
  return result
}
