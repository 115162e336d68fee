/** Logarithms of small whole numbers, looked up: the same values as those of `Math.log2`. */
const known = Float64Array.from({ length: 4096 }, (_, i) => Math.log2(i))

/** `Math.log2`; features need it several times per block, mostly of small whole numbers. */
export function log2(x: number): number {
  const whole = x | 0
  return whole === x && whole < known.length ? (known[whole] as number) : Math.log2(x)
}
