// Kills a run again and again at random events of its own (never by the clock), resuming each time.
import type { Random } from '@shardmill/core/random'
import { runCommand, type Finished, type RunEvent } from './run-pipeline.ts'

export interface ChaosOptions {
  readonly folder: string
  readonly file: string
  readonly kills: number
  readonly random: Random
}

export interface ChaosResult {
  readonly kills: number
  /** Documents given to the first stage over all attempts, repeats included, as far as reported. */
  readonly processed: number
  readonly last: Finished
}

/** Runs a pipeline until it finishes, killing a worker or the driver `kills` times on the way. */
export async function killRun({ folder, file, kills, random }: ChaosOptions): Promise<ChaosResult> {
  let [done, processed] = [0, 0]
  for (;;) {
    const workers: number[] = []
    let countdown = random.below(25)
    const run = await runCommand({
      folder,
      args: ['pipeline', 'run', file, '--json', '--workers', String(1 + random.below(3))],
      onEvent(event, child) {
        if (event.event === 'worker') workers.push(event.pid as number)
        processed += enteredFirst(event)
        if (done >= kills || countdown-- > 0) return
        countdown = random.below(25)
        const isDriver = random.below(4) === 0 || workers.length === 0
        const victim = isDriver ? child.pid! : workers[random.below(workers.length)]!
        if (kill(victim)) done++
      },
    })
    if (run.code === 0 && done >= kills) return { kills: done, processed, last: run }
    if (run.code === 0) {
      // It finished too early: begin again from nothing, the kills so far count.
      await runCommand({ folder, args: ['pipeline', 'clean', file, '--all'] })
      processed = 0
    }
  }
}

/** Most documents that `kills` kills may cause to be processed again: one task each. */
export function redoneBound(calm: Finished, kills: number): number {
  const tasks = calm.events.filter(
    ({ event, phase }) => event === 'task' && phase === 'map-0',
  ).length
  const entered = calm.events.reduce((sum, event) => sum + enteredFirst(event), 0)
  return Math.ceil((entered / tasks) * 1.5) * kills
}

function enteredFirst(event: RunEvent): number {
  if (event.event !== 'progress') return 0
  const stages = event.stages as Record<string, { in: number }>
  return stages.normalize?.in ?? 0
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
