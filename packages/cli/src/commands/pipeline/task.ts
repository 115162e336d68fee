import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError, messageOf } from '@shardmill/core/errors'
import { exitCodeOf, serveTasks } from '@shardmill/runtime/engine/worker'
import type { Plan } from '@shardmill/runtime/plan'
import { silentHooks } from '@shardmill/runtime/tasks/hooks'
import { runTask } from '@shardmill/runtime/tasks/run-task'

/** `pipeline task`: one task of a plan, or all that a parent process sends. */
export async function task(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      plan: { type: 'string' },
      phase: { type: 'string' },
      index: { type: 'string' },
      serve: { type: 'boolean', default: false },
    },
  })
  if (values.plan === undefined) throw new ConfigError('expected --plan PLAN.json')
  const plan = readPlan(values.plan)
  if (values.serve) {
    await serveTasks(plan)
    return 0
  }
  const { phase, index } = values
  if (phase === undefined || index === undefined)
    throw new ConfigError('expected --phase ID --index I')
  const interrupt = new AbortController()
  process.once('SIGTERM', () => interrupt.abort())
  try {
    for (const i of indicesOf(index)) await runTask(plan, phase, i, silentHooks(interrupt.signal))
    return 0
  } catch (error) {
    process.stderr.write(`${phase} task ${index}: ${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}

/** Reads a plan file. Throws `ConfigError` when it is none. */
export function readPlan(path: string): Plan {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Plan
  } catch (cause) {
    throw new ConfigError(`${path}: not a readable plan`, { cause })
  }
}

/** `7` or `3-9`. */
function indicesOf(range: string): number[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(range)
  if (!match) throw new ConfigError(`--index: expected 7 or 3-9, got \`${range}\``)
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
