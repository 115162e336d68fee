// A curve in one line of text, for the terminal.
const BARS = '▁▂▃▄▅▆▇█'

/** The last values as bars, averaged down to `width` characters. */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return ''
  const size = Math.max(1, Math.ceil(finite.length / width))
  const means: number[] = []
  for (let i = 0; i < finite.length; i += size) {
    const group = finite.slice(i, i + size)
    means.push(group.reduce((a, b) => a + b, 0) / group.length)
  }
  const low = Math.min(...means)
  const span = Math.max(...means) - low || 1
  return means.map((mean) => BARS[Math.round(((mean - low) / span) * 7)]).join('')
}
