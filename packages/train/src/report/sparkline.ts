// A curve in one line of text, for the terminal.
const BARS = '▁▂▃▄▅▆▇█'

/** All values as at most `width` bars; each is the mean of an equal share of them. */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite)
  const bars = Math.min(width, finite.length)
  const means = Array.from({ length: bars }, (_, bar) => {
    const [from, to] = [bar, bar + 1].map((edge) => Math.floor((edge * finite.length) / bars))
    const group = finite.slice(from, to)
    return group.reduce((a, b) => a + b, 0) / group.length
  })
  const low = Math.min(...means)
  const span = Math.max(...means) - low || 1
  return means.map((mean) => BARS[Math.round(((mean - low) / span) * 7)]).join('')
}
