// The seam between a plan and whatever runs its tasks. An engine is told which tasks of a phase are
// missing and runs `shardmill pipeline task --plan P --phase F --index I` for each, anywhere; it
// never touches data. What is done is read from manifests, so an engine may lose or repeat tasks.
import type { Phase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import type { Progress } from '../tasks/hooks.ts'

export interface Engine {
  readonly name: string
  /** Runs tasks of one phase; resolves when all are committed, rejects when one cannot be. */
  run(plan: Plan, phase: Phase, indices: readonly number[], events: EngineEvents): Promise<void>
  /** Stops all workers: gently, then by force after two seconds. */
  close(): Promise<void>
}

export interface EngineEvents {
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
  /** A task is committed; `peakRssBytes` is the most memory its worker process ever had. */
  onTaskDone(index: number, peakRssBytes: number): void
  /** A worker process was started. */
  onWorker(pid: number): void
  /** Something worth telling: a worker died, a document was set apart. */
  onNotice(message: string): void
}
