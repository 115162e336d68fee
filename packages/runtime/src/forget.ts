import { rmSync } from 'node:fs'
import { ConfigError } from '@shardmill/core'
import { suggestion } from '@shardmill/core/did-you-mean'
import type { Phase } from './phases.ts'
import type { Plan } from './plan.ts'
import { phaseFolder } from './state.ts'

/** Removes the cached results of the phase that runs a stage, and of all phases after it. */
export function forgetFrom(plan: Plan, stage: string): void {
  const labels = plan.phases.flatMap((phase) => stageNames(phase))
  const first = plan.phases.findIndex((phase) => {
    return stageNames(phase).includes(stage)
  })
  if (first < 0) {
    throw new ConfigError(
      `--from: this pipeline has no stage \`${stage}\`${suggestion(stage, labels)}`,
    )
  }
  for (const phase of plan.phases.slice(first)) {
    rmSync(phaseFolder(plan, phase), { recursive: true, force: true })
  }
}

function stageNames(phase: Phase): string[] {
  if (phase.kind === 'output') return [phase.stage.label]
  if (phase.kind !== 'map') return []
  const corpus = phase.corpus ? [phase.corpus.label] : []
  return [...phase.stages.map((entry) => entry.label), ...corpus]
}
