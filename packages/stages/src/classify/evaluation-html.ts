// An evaluation as one page that needs nothing else: no script, no network, all text escaped. Curves
// are inline SVG drawn from the same numbers as evaluation.json.
import type { CurvePoint, Evaluation, ReliabilityBin } from './measures.ts'

/** Renders an evaluation of the model at `model` as a self-contained HTML page. */
export function renderEvaluation(evaluation: Evaluation, model: string): string {
  const { positive, documents } = evaluation
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(positive)} — classifier evaluation</title>
<style>${style}</style>
<h1>Classifier evaluation</h1>
<p>${documents} documents, score = probability of <b>${escape(positive)}</b>, model <code>${escape(model)}</code></p>
${figures(evaluation)}
<div class="charts">
<figure>${precisionChart(evaluation.curve)}<figcaption>Precision by recall. Average precision
${evaluation.averagePrecision.toFixed(4)}.</figcaption></figure>
<figure>${reliabilityChart(evaluation.reliability)}<figcaption>Calibration: share of ${escape(positive)}
by score; on the diagonal the score is a probability. Dot area by documents. Expected calibration error
${evaluation.calibrationError.toFixed(4)}.</figcaption></figure>
</div>
<h2>Thresholds</h2>
${thresholds(evaluation.curve)}
<h2>Confusion</h2>
${confusion(evaluation)}
<h2>Calibration</h2>
${reliability(evaluation.reliability)}
</html>
`
}

const style = `
:root{color-scheme:light dark;--line:#8884;--ink:#2a6fdb}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
table{border-collapse:collapse}th,td{text-align:left;padding:.25rem .8rem}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
tr+tr>td{border-top:1px solid var(--line)}td.hit{font-weight:700}
.charts{display:flex;flex-wrap:wrap;gap:2rem}figure{margin:0;width:28rem;max-width:100%}figcaption{opacity:.8;font-size:.9rem}
svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:currentColor}
.axis{stroke:var(--line)}.curve{stroke:var(--ink);fill:none;stroke-width:2}.dot{fill:var(--ink);fill-opacity:.7}`

const size = 320
const margin = 34

function at(x: number, y: number): string {
  return `${(margin + x * size).toFixed(1)},${(margin + (1 - y) * size).toFixed(1)}`
}

function frame(content: string, xName: string, yName: string): string {
  const whole = size + 2 * margin
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((tick) => {
    const [x, y] = [margin + tick * size, margin + (1 - tick) * size]
    return `<path class="axis" d="M${at(0, tick)}L${at(1, tick)}M${at(tick, 0)}L${at(tick, 1)}"/>
<text x="${x}" y="${size + margin + 15}" text-anchor="middle">${tick}</text>
<text x="${margin - 5}" y="${y + 4}" text-anchor="end">${tick}</text>`
  })
  return `<svg viewBox="0 0 ${whole} ${whole}" role="img">${ticks.join('')}
<text x="${whole / 2}" y="${whole - 3}" text-anchor="middle">${xName}</text>
<text x="${margin}" y="${margin - 12}">${yName}</text>${content}</svg>`
}

function precisionChart(curve: readonly CurvePoint[]): string {
  const points = curve.map(({ recall, precision }) => at(recall, precision))
  return frame(`<polyline class="curve" points="${points.join(' ')}"/>`, 'recall', 'precision')
}

function reliabilityChart(bins: readonly ReliabilityBin[]): string {
  const most = Math.max(1, ...bins.map(({ count }) => count))
  const dots = bins
    .filter(({ count }) => count > 0)
    .map(({ meanScore, positiveShare, count }) => {
      const [x, y] = at(meanScore, positiveShare).split(',')
      return `<circle class="dot" cx="${x}" cy="${y}" r="${(3 + 9 * Math.sqrt(count / most)).toFixed(1)}"><title>${count} documents</title></circle>`
    })
  const diagonal = `<path class="axis" d="M${at(0, 0)}L${at(1, 1)}"/>`
  return frame(`${diagonal}${dots.join('')}`, 'score', 'share')
}

function figures(evaluation: Evaluation): string {
  const rows: [string, string][] = [
    [`AUC of ${evaluation.positive}`, evaluation.auc.toFixed(4)],
    ['Mean AUC over labels', evaluation.macroAuc.toFixed(4)],
    ['Accuracy', evaluation.accuracy.toFixed(4)],
    ['Log loss (nats)', evaluation.logLoss.toFixed(4)],
  ]
  return table(['', '#'], rows)
}

function thresholds(curve: readonly CurvePoint[]): string {
  const step = Math.max(1, Math.floor(curve.length / 25))
  const rows = curve
    .filter((_, i) => i % step === 0 || i === curve.length - 1)
    .map((point) => [
      point.threshold.toFixed(4),
      percent(point.keepShare),
      percent(point.precision),
      percent(point.recall),
    ])
  return table(['#Threshold', '#Kept', '#Precision', '#Recall'], rows)
}

function confusion({ labels, confusion: counts }: Evaluation): string {
  const head = ['True label', ...labels.map((label) => `#${label}`)].map(headCell)
  const rows = counts.map((row, i) => {
    const cells = row.map((count, j) => `<td class="n${i === j ? ' hit' : ''}">${count}`)
    return `<tr><td>${escape(labels[i]!)}${cells.join('')}`
  })
  return `<table><tr>${head.join('')}${rows.join('')}</table>`
}

function reliability(bins: readonly ReliabilityBin[]): string {
  const rows = bins.map((bin) => [
    `${bin.from.toFixed(1)}–${bin.to.toFixed(1)}`,
    String(bin.count),
    bin.count === 0 ? '' : bin.meanScore.toFixed(4),
    bin.count === 0 ? '' : bin.positiveShare.toFixed(4),
  ])
  return table(['Score', '#Documents', '#Mean score', '#Share'], rows)
}

/** A heading that begins with # is of a column of numbers. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const body = rows.map((row) => {
    const cells = row.map(
      (cell, i) => `<td${head[i]!.startsWith('#') ? ' class="n"' : ''}>${escape(cell)}`,
    )
    return `<tr>${cells.join('')}`
  })
  return `<table><tr>${head.map(headCell).join('')}${body.join('')}</table>`
}

function headCell(name: string): string {
  return name.startsWith('#') ? `<th class="n">${escape(name.slice(1))}` : `<th>${escape(name)}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
