// Learning rates over the steps of a run: linear warm-up, then a shape down to `final` x peak.
export interface ScheduleOptions {
  readonly shape: 'cosine' | 'linear' | 'wsd' | 'constant'
  readonly peak: number
  readonly warmupSteps: number
  readonly totalSteps: number
  /** Share of the peak that is left at the end. */
  readonly final: number
  /** Warm-up, stable, decay (Hu et al. 2024): the share of all steps spent decaying. */
  readonly decayShare: number
}

/** The learning rate of step `step`, counted from 0. */
export function learningRate(step: number, options: ScheduleOptions): number {
  const { shape, peak, warmupSteps, totalSteps, final, decayShare } = options
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps
  if (shape === 'constant') return peak
  const start = shape === 'wsd' ? Math.round(totalSteps * (1 - decayShare)) : warmupSteps
  if (step < start) return peak
  const progress = Math.min(1, (step - start) / Math.max(1, totalSteps - start))
  const left = shape === 'cosine' ? (1 + Math.cos(Math.PI * progress)) / 2 : 1 - progress
  return peak * (final + (1 - final) * left)
}
