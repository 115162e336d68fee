// The tokenizer report as one page that needs nothing else: no script, no network, all text escaped.
// Tables set tokenizers side by side per group; sample texts show their tokens in alternating colours,
// with the ids on hover. Tokens that share one character are one box marked with their number.
import type { GroupFigures, ReportGroup, TokenizerReport, TokenView } from './report.ts'

/** Renders a report as a self-contained HTML page. */
export function renderTokenizerReport(report: TokenizerReport): string {
  const names = report.tokenizers.map(({ name }) => name)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(names.join(', '))} — tokenizer report</title>
<style>${style}</style>
<h1>Tokenizer report</h1>
${overview(report)}
<h2>Compression and words</h2>
<p class="note">Bytes per token with a 95 % interval over documents. Fertility: tokens per word. Whole
words: words that are one token. Rényi: efficiency at α = 2.5. None of these is a quality: they
describe, and good figures do not promise good models.</p>
${report.groups.map((group) => groupTable(group, names)).join('\n')}
<h2>Tokens of sample texts</h2>
${report.views.map((view) => viewSection(view, names)).join('\n')}
<h2>Digits, white space, code</h2>
${behaviour(report)}
<h2>Inside the vocabularies</h2>
${vocabularies(report)}
<h2>Round-trip failures</h2>
${failures(report, names)}
</html>
`
}

const style = `
:root{color-scheme:light dark;--line:#8884;--a:#9cc9ff;--b:#ffd28a;--c:#a8e6b0;--d:#f3b0c8;--e:#cdbdf5}
@media (prefers-color-scheme:dark){:root{--a:#234a74;--b:#6a4a12;--c:#1f5a30;--d:#6d2945;--e:#463a7a}}
body{font:15px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:.3rem}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}h3{margin:1.6rem 0 .3rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .6rem;vertical-align:top}th{font-weight:600;vertical-align:bottom}
tr+tr>td{border-top:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
.note{max-width:50rem;opacity:.8}small{opacity:.7}code{word-break:break-all}
.tokens{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9;font-size:1rem;margin:.2rem 0 .8rem}
.tokens span{border-radius:3px;padding:.1em 0}.tokens sup{font-size:.6em;opacity:.75}
.t0{background:var(--a)}.t1{background:var(--b)}.t2{background:var(--c)}.t3{background:var(--d)}
.t4{background:var(--e)}.name{font-weight:600;font-size:.85rem;margin:.5rem 0 0}
.list{display:flex;flex-wrap:wrap;gap:.25rem}.list code{border:1px solid var(--line);border-radius:3px;padding:0 .3rem}
details{margin:.4rem 0}summary{cursor:pointer}`

function overview({ tokenizers }: TokenizerReport): string {
  const rows = tokenizers.map(
    ({ name, kind, vocabSize, hash, vocabulary }) =>
      `<tr><td>${escape(name)}<td>${escape(kind)}<td class="n">${number(vocabSize)}` +
      `<td class="n">${number(vocabulary.specialTokens.length)}` +
      `<td class="n">${number(vocabulary.unreachable.count)}` +
      `<td class="n">${number(vocabulary.partialCharacters)}<td class="n">${escape(hash)}`,
  )
  return table(
    ['Tokenizer', 'Kind', '#Vocabulary', '#Added', '#Unreachable', '#Part of a character', '#Hash'],
    rows,
  )
}

function groupTable(group: ReportGroup, names: readonly string[]): string {
  const rows = group.figures.map((figures, i) => `<tr><td>${escape(names[i]!)}${cells(figures)}`)
  const size = `${number(group.documents)} documents, ${number(group.bytes)} bytes, `
  const counts = `${number(group.characters)} characters, ${number(group.words)} words`
  const columns = ['Tokenizer', '#Tokens', '#Bytes/token', '#95 %', '#Characters/token']
  const more = ['#Fertility', '#Whole words', '#Rényi', '#Vocabulary used', '#Unknown']
  const body = table([...columns, ...more, '#Round-trip failures'], rows)
  return `<h3>${escape(group.group)}</h3><small>${size}${counts}</small>${body}`
}

function cells(figures: GroupFigures): string {
  const [low, high] = figures.interval
  const values = [
    number(figures.tokens),
    figures.bytesPerToken.toFixed(3),
    `${low.toFixed(2)}–${high.toFixed(2)}`,
    figures.charactersPerToken.toFixed(3),
    figures.fertility.toFixed(3),
    percent(figures.wholeWords),
    figures.renyi.toFixed(3),
    percent(figures.vocabularyUsed),
    number(figures.unknownTokens),
    number(figures.roundTripFailures),
  ]
  return values.map((value) => `<td class="n">${value}`).join('')
}

function viewSection(view: TokenView, names: readonly string[]): string {
  const views = view.tokens.map(
    (tokens, i) =>
      `<p class="name">${escape(names[i]!)} <small>${number(tokens.length)} tokens</small></p>` +
      `<p class="tokens">${colour(view.text, tokens)}</p>`,
  )
  return `<h3>${escape(view.group)}</h3>${views.join('')}`
}

/** Boxes in turning colours; text between tokens stays plain. */
function colour(text: string, tokens: TokenView['tokens'][number]): string {
  let html = ''
  let shown = 0
  let box = 0
  for (let i = 0; i < tokens.length;) {
    const start = Math.max(shown, tokens[i]![1])
    let end = tokens[i]![2]
    const ids = [tokens[i++]![0]]
    // Tokens that cover nothing new belong to the character of the one before.
    while (i < tokens.length && tokens[i]![1] < end) {
      end = Math.max(end, tokens[i]![2])
      ids.push(tokens[i++]![0])
    }
    html += escape(text.slice(shown, start))
    const part = visible(text.slice(start, end))
    const mark = ids.length > 1 ? `<sup>${ids.length}</sup>` : ''
    html += `<span class="t${box++ % 5}" title="${ids.join(' ')}">${part}${mark}</span>`
    shown = end
  }
  return html + escape(text.slice(shown))
}

/** Line ends and tabs shown, and still there. */
function visible(text: string): string {
  return escape(text).replaceAll('\n', '↵\n').replaceAll('\t', '→\t').replaceAll('\r', '\\r')
}

function behaviour({ tokenizers }: TokenizerReport): string {
  const names = tokenizers[0]?.vocabulary.behaviour.map(({ name }) => name) ?? []
  const rows = names.map((name, row) => {
    const columns = tokenizers.map(({ vocabulary }) => {
      const { text, tokens } = vocabulary.behaviour[row]!
      return `<td><div class="tokens">${colour(text, tokens)}</div>`
    })
    return `<tr><td>${escape(name)}${columns.join('')}`
  })
  return table(['', ...tokenizers.map(({ name }) => escape(name))], rows)
}

function vocabularies({ tokenizers }: TokenizerReport): string {
  return tokenizers
    .map(({ name, vocabulary }) => {
      const { unreachable, unused, longest, longestHan, specialTokens } = vocabulary
      const sized = (tokens: typeof longest): string[] =>
        tokens.map(({ token, characters }) => `${token} ${characters}`)
      return `<h3>${escape(name)}</h3>
${list(`Added tokens (${number(specialTokens.length)})`, specialTokens)}
${list(`Unreachable (${number(unreachable.count)})`, unreachable.examples)}
${list(`Not used in these texts (${number(unused.count)}), some of them`, unused.examples)}
${list('Longest tokens, with their length', sized(longest))}
${list('Longest tokens with Chinese characters', sized(longestHan))}`
    })
    .join('\n')
}

function list(title: string, items: readonly string[]): string {
  const codes = items.map((item) => `<code>${visible(item)}</code>`).join('')
  return `<details><summary>${escape(title)}</summary><div class="list">${codes}</div></details>`
}

function failures({ groups }: TokenizerReport, names: readonly string[]): string {
  const rows = groups.flatMap(({ group, figures }) =>
    figures.flatMap(({ failureExamples }, i) =>
      failureExamples.map(
        ({ text, decoded }) =>
          `<tr><td>${escape(names[i]!)}<td>${escape(group)}` +
          `<td><code>${escape(JSON.stringify(text))}</code>` +
          `<td><code>${escape(JSON.stringify(decoded))}</code>`,
      ),
    ),
  )
  if (rows.length === 0) return '<p>None: every text came back as it was.</p>'
  return table(['Tokenizer', 'Group', 'Text', 'Decoded'], rows)
}

/** A leading # in a title marks a column of numbers. */
function table(titles: readonly string[], rows: readonly string[]): string {
  const heads = titles.map((title) =>
    title.startsWith('#') ? `<th class="n">${title.slice(1)}` : `<th>${title}`,
  )
  const head = `<thead><tr>${heads.join('')}</thead>`
  return `<div class="wide"><table>${head}<tbody>${rows.join('\n')}</tbody></table></div>`
}

function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
