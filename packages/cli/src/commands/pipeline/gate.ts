import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { phaseOf } from '@shardmill/runtime/plan'
import { damagedFiles } from '@shardmill/runtime/verify'
import { missingTasks } from '@shardmill/runtime/run'
import { exitCodes } from '@shardmill/runtime/engine/messages'
import { readPlan } from './task.ts'

/** `pipeline gate`: is a phase complete? */
export async function gate(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      plan: { type: 'string' },
      phase: { type: 'string' },
      verify: { type: 'boolean', default: false },
    },
  })
  const { plan: path, phase: id, verify } = values
  if (path === undefined || id === undefined)
    throw new ConfigError('expected --plan PLAN.json --phase ID')
  const plan = readPlan(path)
  const phase = phaseOf(plan, id)
  const missing = missingTasks(plan, phase)
  const damaged = verify ? damagedFiles(plan, phase) : []
  for (const file of damaged) process.stdout.write(`damaged ${file}\n`)
  if (missing.length > 0) process.stdout.write(`missing ${ranges(missing)}\n`)
  if (missing.length === 0 && damaged.length === 0) {
    process.stdout.write(`${id}: complete, ${phase.tasks} tasks\n`)
    return exitCodes.committed
  }
  return exitCodes.retry
}

/** 0,1,2,5 as `0-2,5`: what a job array wants. */
function ranges(indices: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < indices.length;) {
    let end = i
    while (indices[end + 1] === indices[end]! + 1) end++
    parts.push(end > i ? `${indices[i]}-${indices[end]}` : String(indices[i]))
    i = end + 1
  }
  return parts.join(',')
}
