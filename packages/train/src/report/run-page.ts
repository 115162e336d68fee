// run.html: one self-contained page with the curves of a run, drawn as SVG. No scripts, no network.
import type { LogLine } from './run-log.ts'

interface Curve {
  readonly title: string
  readonly points: readonly (readonly [step: number, value: number])[]
  /** A second curve in the same frame. */
  readonly other?: readonly (readonly [step: number, value: number])[]
}

const WIDTH = 640
const HEIGHT = 220
const LEFT = 56
const BOTTOM = 24
const MOST_SAMPLES = 6

/** The page of a run. */
export function renderRunPage(name: string, lines: readonly LogLine[]): string {
  const steps = lines.filter((line) => line.kind === 'step')
  const validations = lines.filter((line) => line.kind === 'validation')
  const samples = lines.filter((line) => line.kind === 'sample').slice(-MOST_SAMPLES)
  const curves: Curve[] = [
    {
      title: 'Loss (nats): training, and held-out rows dashed',
      points: steps.map((line) => [line.step, line.loss]),
      other: validations.map((line) => [line.step, line.loss]),
    },
    { title: 'Learning rate', points: steps.map((line) => [line.step, line.learningRate]) },
    { title: 'Gradient norm', points: steps.map((line) => [line.step, line.gradientNorm]) },
    {
      title: 'Useful tokens per second',
      points: steps.map((line) => [line.step, line.tokensPerSecond]),
    },
  ]
  const last = steps.at(-1)
  const skipped = steps.filter((line) => line.skipped === true).length
  const facts = last
    ? `step ${last.step} · loss ${show(last.loss)}${skipped > 0 ? ` · ${skipped} steps without a finite gradient left out` : ''} · ${last.totalTokens.toLocaleString('en-US')} tokens`
    : 'no steps yet'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(name)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.4rem}h2{font-size:1rem;margin:1.5rem 0 .3rem}svg{width:100%;height:auto}
text{font-size:11px;fill:#666}.line{fill:none;stroke:#2563eb;stroke-width:1.5}.other{stroke:#dc2626;stroke-dasharray:5 3}
.grid{stroke:#ddd}@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}.grid{stroke:#333}}</style></head>
<body><h1>${escapeHtml(name)}</h1><p>${facts}</p>
${curves.map(draw).join('\n')}
${samples.length > 0 ? '<h2>Samples</h2>' : ''}${samples.map(({ step, text }) => `<p><b>${step}</b> ${escapeHtml(text)}</p>`).join('\n')}
</body></html>
`
}

/** JSON has no NaN: a loss that was not finite is read back as null. */
function show(loss: number | null): string {
  return loss === null ? 'not finite' : loss.toFixed(4)
}

function draw({ title, points, other = [] }: Curve): string {
  const all = [...points, ...other].filter(([, value]) => Number.isFinite(value))
  if (all.length === 0) return `<h2>${title}</h2><p>nothing yet</p>`
  const [minX, maxX] = range(all.map(([x]) => x))
  const [minY, maxY] = range(all.map(([, y]) => y))
  const x = (value: number): number =>
    LEFT + ((value - minX) / (maxX - minX || 1)) * (WIDTH - LEFT - 8)
  const y = (value: number): number =>
    8 + (1 - (value - minY) / (maxY - minY || 1)) * (HEIGHT - BOTTOM - 8)
  const path = (list: Curve['points'], kind: string): string => {
    const places = list
      .filter(([, value]) => Number.isFinite(value))
      .map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`)
    return places.length > 0 ? `<polyline class="${kind}" points="${places.join(' ')}"/>` : ''
  }
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = minY + share * (maxY - minY)
    const at = y(value).toFixed(1)
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${at}" y2="${at}"/><text x="${LEFT - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${shortNumber(value)}</text>`
  })
  const ends = `<text x="${LEFT}" y="${HEIGHT - 6}">${minX}</text><text x="${WIDTH - 8}" y="${HEIGHT - 6}" text-anchor="end">step ${maxX}</text>`
  return `<h2>${title}</h2><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${ticks.join('')}${ends}${path(points, 'line')}${path(other, 'line other')}</svg>`
}

function range(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return [low, high]
}

function shortNumber(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return value.toExponential(1)
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
}
