// What many scores look like together: a histogram, and which threshold keeps which share.
import { shareThreshold } from './threshold.ts'

export interface ScoreSummary {
  readonly documents: number
  readonly label: string
  readonly mean: number
  /** Documents by score, ten bins of equal width. */
  readonly histogram: readonly number[]
  readonly thresholds: readonly { readonly keepShare: number; readonly threshold: number }[]
  /** For the terminal. */
  readonly text: string
}

const shares = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9]

export function summarizeScores(scores: readonly number[], label: string): ScoreSummary {
  const histogram = Array.from({ length: 10 }, () => 0)
  for (const score of scores) histogram[Math.min(9, Math.floor(score * 10))]!++
  const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length)
  const thresholds =
    scores.length === 0
      ? []
      : shares.map((keepShare) => ({ keepShare, threshold: shareThreshold(scores, keepShare) }))
  const most = Math.max(1, ...histogram)
  const bars = histogram.map((count, bin) => {
    const bar = '#'.repeat(Math.round((count / most) * 40))
    return `  ${(bin / 10).toFixed(1)}-${((bin + 1) / 10).toFixed(1)} ${String(count).padStart(8)} ${bar}`
  })
  const rows = thresholds.map(
    ({ keepShare, threshold }) =>
      `  keep ${(100 * keepShare).toFixed(0).padStart(3)} %  threshold ${threshold.toFixed(4)}`,
  )
  const text = [
    `${scores.length} documents, mean score of \`${label}\` ${mean.toFixed(4)}`,
    ...bars,
    ...rows,
  ].join('\n')
  return { documents: scores.length, label, mean, histogram, thresholds, text }
}
