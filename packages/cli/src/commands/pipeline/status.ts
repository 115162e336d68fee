import { join } from 'node:path'
import { missingTasks } from '@shardmill/runtime/run'
import { onePipeline, runFolder } from '../../arguments.ts'
import { phaseTable } from '../../phase-table.ts'
import { readPlan } from './task.ts'

/** `pipeline status NAME`. */
export async function status(argv: readonly string[]): Promise<number> {
  const { name, isJson } = onePipeline(argv)
  const plan = readPlan(join(await runFolder(name), '.state', 'plan.json'))
  if (!isJson) {
    process.stdout.write(phaseTable(plan, (phase) => missingTasks(plan, phase).length))
    return 0
  }
  const phases = plan.phases.map((phase) => {
    const missing = missingTasks(plan, phase)
    return { id: phase.id, tasks: phase.tasks, done: phase.tasks - missing.length, missing }
  })
  process.stdout.write(`${JSON.stringify({ name: plan.name, output: plan.output, phases })}\n`)
  return 0
}
