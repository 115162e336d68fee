// The part of the report about filters and duplicates: what each stage removed per language, how filters
// overlap, and clusters of near-equal documents with the differences of one dropped text from the kept.
import type { ClusterDocument, ClusterSample } from './clusters.ts'
import type { DiffPart } from './diff.ts'
import { escape, number, percent } from './html-text.ts'
import type { Overlap, Report, StageReport } from './report.ts'

const languagesShown = 8

export const qualityStyle = `
.heat{background:color-mix(in srgb,var(--lost) calc(var(--share)*70%),transparent)}
.matrix{width:auto}.matrix th{max-width:12rem;overflow-wrap:anywhere}
ins{background:#2a93;text-decoration:none}del{background:#d5433a44;text-decoration:none}
.diff{white-space:pre-wrap;overflow-wrap:anywhere}.diff i{opacity:.65;font-style:normal}`

/** Dropped share of every stage by language; only stages that dropped something. */
export function removedByLanguage({ stages }: Report): string {
  const losing = stages.filter((stage) => Object.keys(stage.dropped).length > 0)
  const sizes = new Map<string, number>()
  for (const { languages } of losing) {
    for (const [lang, { in: count }] of Object.entries(languages)) {
      sizes.set(lang, Math.max(sizes.get(lang) ?? 0, count))
    }
  }
  const order = [...sizes].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  const shown = order.slice(0, languagesShown).map(([lang]) => lang)
  if (losing.length === 0) return '<p>No stage dropped anything.</p>'
  const head = shown.map((lang) => `<th class="n">${escape(lang)}`).join('')
  const rows = losing.map((stage) => {
    const cells = shown.map((lang) => languageCell(stage, lang)).join('')
    return `<tr><td>${escape(stage.name)}${cells}</tr>${reasonRows(stage, shown)}`
  })
  const rest = order.length - shown.length
  return `<p>Share of the documents that came to a stage and were dropped there, and how many; below each stage
its reasons. The language is the one a document has behind the stage: <i>unknown</i> before language-id.</p>
<table><tr><th>stage${head}</tr>${rows.join('\n')}</table>
${rest > 0 ? `<p>And ${rest} more languages, in report.json.</p>` : ''}`
}

function languageCell({ languages }: StageReport, lang: string): string {
  const language = languages[lang]
  if (!language) return '<td>'
  const dropped = Object.values(language.dropped).reduce((sum, count) => sum + count, 0)
  return countCell(dropped, language.in)
}

function reasonRows({ dropped, languages }: StageReport, shown: readonly string[]): string {
  return Object.keys(dropped)
    .map((reason) => {
      const cells = shown.map((lang) => {
        const language = languages[lang]
        return language ? countCell(language.dropped[reason] ?? 0, language.in) : '<td>'
      })
      return `<tr><td>\u2003${escape(reason)}${cells.join('')}</tr>`
    })
    .join('')
}

function countCell(count: number, of: number): string {
  if (count === 0) return '<td class="n">·'
  return `<td class="n heat" style="--share:${(count / of).toFixed(3)}">${percent(count, of)} <small>${number(count)}</small>`
}

/** Row: dropped by this stage; column: share of these that the other would have dropped as well. */
export function overlapMatrix({ share, documents, stages, pairs }: Overlap): string {
  const names = Object.keys(stages)
  if (names.length < 2) {
    return `<p>Fewer than two filters of one phase dropped documents of the sample
(${percent(share, 1) || '0 %'} of what was dropped; <code>overlapShare</code> sets it).</p>`
  }
  const rows = names.map((row) => {
    const { dropped, alone } = stages[row]!
    const cells = names.map((column) => {
      if (row === column) return '<td class="n">–'
      return countCell(pairs[row]?.[column] ?? 0, dropped)
    })
    return `<tr><td>${escape(row)}<td class="n">${number(dropped)}${countCell(alone, dropped)}${cells.join('')}</tr>`
  })
  return `<p>Of the dropped documents ${percent(share, 1)} (${number(documents)}, chosen by id) went on through the filters
behind the one that dropped them. A row: documents that the stage dropped or would have dropped, those
that no other would have, and the share that each other stage would have dropped as well. Filters are
compared within one phase: between corpus stages (dedup) and checkpoints (html).</p>
<table class="matrix"><tr><th>dropped by<th class="n">documents<th class="n">by no other${names.map((column) => `<th class="n">${escape(column)}`).join('')}</tr>
${rows.join('\n')}</table>`
}

/** Sampled clusters of each stage that dropped documents in favour of others. */
export function clusterSections({ clusters }: Report): string {
  const stages = Object.entries(clusters)
  if (stages.length === 0) return '<p>No document was dropped in favour of another.</p>'
  return stages
    .map(([stage, list]) => {
      return `<details${stage.includes('minhash') ? ' open' : ''}><summary><b>${escape(stage)}</b>, ${list.length} clusters</summary>
${list.map(cluster).join('\n')}</details>`
    })
    .join('\n')
}

function cluster({ kept, isIndexed, dropped, example, diff, others }: ClusterSample): string {
  const more = others.length > 0 ? `<br>also dropped: ${others.map(escape).join(', ')}` : ''
  const rest = dropped - 1 - others.length
  const body = isIndexed
    ? '<p>The kept one belongs to an earlier run; its text is not here.</p>'
    : diff.length === 0
      ? '<p>Equal texts.</p>'
      : `<p class="diff">${diff.map(part).join('')}</p>`
  return `<div class="sample"><small>kept ${name(kept)}<br>dropped ${name(example)}${more}${rest > 0 ? ` and ${number(rest)} more` : ''}</small>
${body}</div>`
}

function name({ id, url, lang, length }: ClusterDocument): string {
  const about = length > 0 ? ` (${escape(lang || '?')}, ${number(length)} characters)` : ''
  return `<b>${escape(url || id)}</b>${about}`
}

function part({ kind, text }: DiffPart): string {
  const tag = kind === 'same' ? 'i' : kind === 'kept' ? 'ins' : 'del'
  return `<${tag}>${escape(text)}</${tag}>`
}
