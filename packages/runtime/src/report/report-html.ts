// The report as one page that needs nothing else: no script, no network, all text escaped (the
// samples come from strangers). Sections: the funnel with reasons, filters and duplicates
// (quality-html.ts), languages, domains, lengths, samples of what was dropped and why, shards.
import type { Sample, Tally } from '../stats.ts'
import { escape, number, percent } from './html-text.ts'
import { clusterSections, overlapMatrix, qualityStyle, removedByLanguage } from './quality-html.ts'
import type { Report, StageReport } from './report.ts'

/** Renders a report as a self-contained HTML page. */
export function renderReport(report: Report): string {
  const { name, kept, read, timings, digest } = report
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(name)} — Shardmill report</title>
<style>${style}${qualityStyle}</style>
<h1>${escape(name)}</h1>
<p class="lead"><b>${number(kept)}</b> of <b>${number(read.documents)}</b> documents kept
in ${timings.wallSeconds} s. Digest <code>${escape(digest)}</code>, seed ${report.seed}.</p>
<p>${sumCheck(report)}</p>
${section('Funnel', funnel(report))}
${section('Removed, by language', removedByLanguage(report))}
${section('Overlap of filters', overlapMatrix(report.overlap))}
${section('Duplicates', clusterSections(report))}
${section('Languages', tallies(report.languages, 'language'))}
${section('Domains', tallies(report.domains, 'domain', report.domainCount))}
${section('Lengths', lengths(report))}
${section('What was dropped, and why', samples(report))}
${section('Shards', shards(report))}
</html>
`
}

const style = `
:root{color-scheme:light dark;--line:#8884;--bar:#3a7bd5;--lost:#d5643a}
body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .6rem;vertical-align:top}
th{font-weight:600}tr+tr>td{border-top:1px solid var(--line)}
td:first-child{white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{display:flex;height:.7rem;min-width:8rem;background:var(--line);border-radius:2px;overflow:hidden}
.bar i{background:var(--bar)}.bar u{background:var(--lost)}
.reasons{display:flex;flex-wrap:wrap;gap:.2rem .9rem}.reasons b{font-variant-numeric:tabular-nums}

.columns{columns:18rem}details{break-inside:avoid;margin:.4rem 0}summary{cursor:pointer}
.sample{border-left:3px solid var(--line);padding:.1rem .8rem;margin:.6rem 0}
.sample small{word-break:break-all}.sample p{margin:.2rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
svg text{font:11px system-ui,sans-serif;fill:currentColor}code{word-break:break-all}`

function section(title: string, body: string): string {
  return `<h2>${title}</h2>\n${body}`
}

function sumCheck({ read, stages, kept }: Report): string {
  const dropped = stages.reduce((sum, stage) => sum + total(stage.dropped), 0)
  const quarantined = stages.reduce((sum, stage) => sum + stage.quarantined, 0)
  return (
    `Checked at every stage and in all: ${number(read.documents)} documents = ${number(kept)} kept + ` +
    `${number(dropped)} dropped + ${number(quarantined)} quarantined; ` +
    `${number(read.items)} records = ${number(read.documents)} documents + ` +
    `${number(total(read.skipped))} skipped.`
  )
}

function funnel({ read, skippedAt, stages, timings }: Report): string {
  const first = read.documents
  const rows = stages
    .filter(({ name }) => name !== 'read')
    .map((stage) => {
      const timing = timings.stages[stage.name]
      const speed = timing && timing.cpuSeconds > 0 ? timing : undefined
      return `<tr><td>${escape(stage.name)}<td class="n">${number(stage.in)}<td class="n">${number(stage.kept)}
<td class="n">${percent(stage.kept, stage.in)}<td>${bar(stage.kept, stage.in - stage.kept, first)}
<td>${reasonList(stage)}<td class="n">${speed ? number(Math.round(stage.in / speed.cpuSeconds)) : ''}
<td class="n">${speed ? (speed.inputSize / speed.cpuSeconds / 1e6).toFixed(1) : ''}</tr>`
    })
  const byCount = Object.entries(read.skipped).toSorted(
    ([a, m], [b, n]) => n - m || (a < b ? -1 : 1),
  )
  const skipped = byCount.map(([reason, count]) => {
    const places = (skippedAt[reason] ?? []).map((place) => `<li><code>${escape(place)}</code>`)
    return `<details><summary>${escape(reason)} <b>${number(count)}</b></summary><ul>${places.join('')}</ul></details>`
  })
  return `<table><tr><th>stage<th class="n">in<th class="n">kept<th class="n">share<th>of all<th>reasons
<th class="n">docs/s<th class="n">M/s</tr>
${rows.join('\n')}</table>
<p>Per worker core; M/s counts characters of text, or bytes before decoding.</p>
${skipped.length > 0 ? `<h3>Records that are not documents</h3><div class="columns">${skipped.join('\n')}</div>` : ''}`
}

function reasonList(stage: StageReport): string {
  const entries = Object.entries(stage.dropped)
  if (stage.quarantined > 0) entries.push(['quarantined', stage.quarantined])
  const reasons = entries.map(
    ([reason, count]) => `<span>${escape(reason)} <b>${number(count)}</b></span>`,
  )
  const counters = Object.entries(stage.counters).map(
    ([name, count]) => `<span><i>${escape(name)}</i> <b>${number(count)}</b></span>`,
  )
  const note = stage.note === undefined ? '' : `<small>${escape(stage.note)}</small>`
  return `<div class="reasons">${[...reasons, ...counters].join('')}</div>${note}`
}

function tallies(table: Readonly<Record<string, Tally>>, title: string, count?: number): string {
  const entries = Object.entries(table)
  const most = Math.max(1, ...entries.map(([, tally]) => sizeOf(tally)))
  const rows = entries.map(([name, tally]) => {
    const lost = tally.dropped + tally.quarantined
    return `<tr><td>${escape(name || '(none)')}<td class="n">${number(sizeOf(tally))}<td class="n">${number(tally.kept)}
<td class="n">${percent(tally.kept, sizeOf(tally))}<td>${bar(tally.kept, lost, most)}</tr>`
  })
  const note =
    count !== undefined && count > entries.length
      ? `<p>The largest ${entries.length} of ${number(count)}.</p>`
      : ''
  const body = `<table><tr><th>${title}<th class="n">documents<th class="n">kept<th class="n">share<th></tr>
${rows.join('\n')}</table>${note}`
  return entries.length > 30
    ? `<details><summary>${entries.length} rows</summary>${body}</details>`
    : body
}

const sizeOf = ({ kept, dropped, quarantined }: Tally): number => kept + dropped + quarantined

/** Two histograms over powers of two of the text length. */
function lengths({ lengths: { kept, dropped } }: Report): string {
  const buckets = Math.max(kept.length, dropped.length)
  const most = Math.max(1, ...kept, ...dropped)
  const [width, height] = [34, 120]
  const bars = Array.from({ length: buckets }, (_, i) => {
    const column = (count: number, x: number, color: string): string => {
      const h = (height * count) / most
      return `<rect x="${x}" y="${height - h}" width="14" height="${h}" fill="var(${color})"><title>${number(count)}</title></rect>`
    }
    const x = i * width
    const label = i === 0 ? '0' : i <= 10 ? String(2 ** (i - 1)) : `${2 ** (i - 11)}k`
    return `${column(kept[i] ?? 0, x, '--bar')}${column(dropped[i] ?? 0, x + 15, '--lost')}<text x="${x}" y="${height + 14}">${label}</text>`
  })
  return `<p>Characters of text, from the number below each pair up to twice as many;
left kept, right dropped.</p>
<svg viewBox="0 0 ${buckets * width} ${height + 20}" width="${buckets * width}" role="img">${bars.join('')}</svg>`
}

function samples(report: Report): string {
  const entries = Object.entries(report.samples)
  if (entries.length === 0) return '<p>Nothing was dropped.</p>'
  return entries
    .map(([key, list]) => {
      return `<details><summary><b>${escape(key)}</b>, ${list.length} samples${languagesOf(list)}</summary>${list.map(sample).join('\n')}</details>`
    })
    .join('\n')
}

/** `: 10 en, 10 zh`, where there is more than one language. */
function languagesOf(list: readonly Sample[]): string {
  const counts = new Map<string, number>()
  for (const { lang } of list) counts.set(lang || '?', (counts.get(lang || '?') ?? 0) + 1)
  if (counts.size < 2) return ''
  return `: ${[...counts].map(([lang, count]) => `${count} ${escape(lang)}`).join(', ')}`
}

function sample({ id, url, lang, length, head }: Sample): string {
  const rest = length > head.length ? ' …' : ''
  return `<div class="sample"><small>${escape(lang || '?')} · ${number(length)} characters · ${escape(url || id)}</small>
<p>${escape(head)}${rest}</p></div>`
}

function shards({ shards: list }: Report): string {
  const rows = list.map(({ name, rows: count, bytes, xxh64 }) => {
    return `<tr><td>${escape(name)}<td class="n">${number(count)}<td class="n">${number(bytes)}<td><code>${xxh64}</code></tr>`
  })
  return `<table><tr><th>file<th class="n">rows<th class="n">bytes<th>xxh64</tr>${rows.join('\n')}</table>`
}

function bar(kept: number, lost: number, of: number): string {
  const share = (count: number): string => `${(100 * count) / Math.max(1, of)}%`
  return `<div class="bar"><i style="width:${share(kept)}"></i><u style="width:${share(lost)}"></u></div>`
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
