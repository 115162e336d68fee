import { readConfig } from '@shardmill/runtime/config'
import { findPipelineFile } from '@shardmill/runtime/find-pipeline-file'
import { createPlan } from '@shardmill/runtime/plan'
import { missingTasks } from '@shardmill/runtime/run'
import { onePipeline } from '../../arguments.ts'
import { phaseTable } from '../../phase-table.ts'

/** `pipeline plan FILE`. */
export async function plan(argv: readonly string[]): Promise<number> {
  const { name, isJson } = onePipeline(argv)
  const planned = await createPlan(await readConfig(findPipelineFile(name)))
  if (isJson) process.stdout.write(`${JSON.stringify(planned, undefined, 2)}\n`)
  else process.stdout.write(phaseTable(planned, (phase) => missingTasks(planned, phase).length))
  return 0
}
