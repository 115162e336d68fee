import type { Phase } from '@shardmill/runtime/phases'
import type { Plan } from '@shardmill/runtime/plan'

/** The phases of a plan, one a line, with how much of each is done. */
export function phaseTable(plan: Plan, missing: (phase: Phase) => number): string {
  const lines = plan.phases.map((phase) => {
    const done = phase.tasks - missing(phase)
    return `${phase.id.padEnd(10)} ${phase.key}  ${`${done}/${phase.tasks}`.padStart(9)}  ${workOf(phase)}`
  })
  return `${plan.name}: ${plan.output}\nphase      key                    done  work\n${lines.join('\n')}\n`
}

function workOf(phase: Phase): string {
  switch (phase.kind) {
    case 'map': {
      const source = phase.source === undefined ? 'read inputs' : `rows of ${phase.source}`
      const verdicts = phase.verdicts ? [`apply ${phase.verdicts.stage.label}`] : []
      const emit = phase.corpus ? [`emit ${phase.corpus.label}`] : []
      return [source, ...verdicts, ...phase.stages.map((stage) => stage.label), ...emit].join(', ')
    }
    case 'recall':
      return `index of earlier runs for ${phase.stage.label}`
    case 'index':
      return `index for later runs of ${phase.stage.label}`
    case 'group': {
      const note = phase.note === undefined ? '' : ` (${phase.note})`
      return `compare documents for ${phase.stage.label}${note}`
    }
    case 'cluster':
      return `clusters of candidates for ${phase.stage.label}`
    case 'gather':
      return `describe candidates for ${phase.stage.label}`
    case 'quote':
      return `quote candidates for ${phase.stage.label}`
    case 'settle':
      return `verify candidates of ${phase.stage.label}`
    case 'resolve':
      return `verdicts of ${phase.stage.label}`
    case 'cut':
      return 'where shards begin and end'
    case 'write':
      return 'shards'
    case 'output':
      return phase.stage.label
  }
}
