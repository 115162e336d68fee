// A copy of a page with some words of its text changed, so that the true similarity to the original
// is known: near-duplicates for recall figures at every similarity.
import { similarity, visibleText } from '../../../corpora/build/package-pages.mjs'

// Shares of words to change; with 5-word shingles they give similarities of about 0.95 to 0.4.
const rates = [0.002, 0.005, 0.01, 0.02, 0.04, 0.08]

/** The copy, at an address of its own. Edits are drawn per word (per character in Chinese). */
export function editedCopy(page, number, random) {
  const rate = rates[random.below(rates.length)]
  const encoding = page.charset === 'utf-8' ? 'utf8' : 'latin1'
  const html = page.body.toString(encoding)
  const start = Math.max(0, html.search(/<body/i))
  const edited =
    html.slice(0, start) +
    html
      .slice(start)
      .replaceAll(/>([^<>]{20,})</g, (_, text) => `>${editText(text, rate, random)}<`)
  const alike =
    page.body.length > 400_000 ? undefined : similarity(visibleText(html), visibleText(edited))
  const { pathname } = new URL(page.url)
  return {
    ...page,
    id: undefined,
    url: `http://edition${number % 89}.example/${number}${pathname}`,
    body: Buffer.from(edited, encoding),
    kind: 'near-copy',
    expect: alike >= 0.9 ? 'drop' : 'either',
    ...(alike >= 0.9 ? { reason: 'near-duplicate' } : {}),
    similarity: alike,
    duplicateOf: page.duplicateOf ?? page.id,
  }
}

function editText(text, rate, random) {
  const isHan = /[\u4e00-\u9fff]/.test(text)
  const units = isHan ? Array.from(text) : text.split(/(\s+)/)
  return units
    .map((unit) =>
      unit.trim() === '' || random.next() >= rate ? unit : changed(unit, isHan, random),
    )
    .join('')
}

function changed(unit, isHan, random) {
  if (isHan) return /[\u4e00-\u9fff]/.test(unit) ? '也又还再更'[random.below(5)] : unit
  return /^[a-z]+$/i.test(unit)
    ? ['also', 'often', 'never', 'quite', 'here'][random.below(5)]
    : unit
}
