// The largest value in any short window of a row of positive numbers, in two look-ups: a sparse table (Bender
// and Farach-Colton 2000), which costs seven comparisons for each value.

/** Windows have fewer than 2 ** peakLevels values. */
const peakLevels = 8
let scratch = new Float32Array(0)

/** Row k has the largest of the 2 ** k values from each place on. Valid until the next call. */
export function slidingPeaks(values: Float32Array, count: number): Float32Array {
  if (scratch.length < peakLevels * count) scratch = new Float32Array(peakLevels * count * 2)
  const peaks = scratch
  for (let i = 0; i < count; i++) peaks[i] = values[i] as number
  for (let k = 1; k < peakLevels; k++) {
    const half = 1 << (k - 1)
    const below = (k - 1) * count
    const own = k * count
    for (let i = 0; i + 2 * half <= count; i++) {
      const a = peaks[below + i] as number
      const b = peaks[below + i + half] as number
      peaks[own + i] = a > b ? a : b
    }
  }
  return peaks
}

/** Largest value in from..to, 0 when that is empty: two overlapping powers of two cover it. */
export function peak(peaks: Float32Array, count: number, from: number, to: number): number {
  if (to <= from) return 0
  const k = 31 - Math.clz32(to - from)
  const row = k * count
  const a = peaks[row + from] as number
  const b = peaks[row + to - (1 << k)] as number
  return a > b ? a : b
}
