// Model FLOPs utilisation: what a run achieves of a chip's dense peak. Peaks are the makers' data
// sheets, dense bf16 (TF32 or fp32 runs reach less); a chip that is not listed is 'unknown', never
// guessed. TFLOP/s.
const peaks: readonly (readonly [pattern: RegExp, teraflops: number, source: string])[] = [
  [/\bB200\b/, 2250, 'NVIDIA DGX B200 data sheet'],
  [/\b(H100.*SXM|H100 80GB HBM3|H200|GH200)/, 989, 'NVIDIA H100 and H200 data sheets'],
  [/\bH100.*PCIe\b/i, 756, 'NVIDIA H100 data sheet'],
  [/\bA100\b/, 312, 'NVIDIA A100 data sheet'],
  [/\bL40S\b/, 362, 'NVIDIA L40S data sheet'],
  [/\bL4\b/, 121, 'NVIDIA L4 data sheet'],
  [/\bA10\b/, 125, 'NVIDIA A10 data sheet'],
  [/RTX 4090\b/, 165, 'NVIDIA Ada architecture paper'],
  [/RTX 3090\b/, 71, 'NVIDIA GA102 architecture paper'],
]

/** `12.3 %`, or `unknown` when the device has no listed peak. */
export function utilisation(device: string, flopsPerSecond: number): string {
  const found = peaks.find(([pattern]) => pattern.test(device))
  if (!found) return 'unknown'
  return `${((100 * flopsPerSecond) / (found[1] * 1e12)).toFixed(1)} %`
}
