// Runs a plan to its end: phase by phase, only the tasks whose manifests are missing, then the
// report. All state is in manifests, so a killed run loses at most the parts its workers were in the
// middle of, and running the same command again goes on from there.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { PipelineError, RetryableError } from '@shardmill/core'
import { fileStore } from '@shardmill/core/store'
import type { PipelineConfig } from './config.ts'
import type { Engine, EngineEvents } from './engine/engine.ts'
import { acquireLock } from './lock.ts'
import type { Phase } from './phases.ts'
import { mapPhases, type Plan } from './plan.ts'
import { writeNotes } from './report/notes.ts'
import { buildReport, type Report } from './report/report.ts'
import { renderReport } from './report/report-html.ts'
import { writtenBy, writtenShards } from './report/shards.ts'
import { isTaskDone, phaseFolder, stateFolder } from './state.ts'
import { mergeTaskStats } from './task-stats.ts'
import { emptyStats } from './stats.ts'
import type { Progress } from './tasks/hooks.ts'
import { version } from './version.ts'

export interface RunEvents {
  readonly signal: AbortSignal
  onPhase(phase: Phase, tasks: number, done: number): void
  onTaskDone(phase: Phase, index: number, peakRssBytes: number): void
  onProgress(progress: Progress): void
  onWorker(pid: number): void
  onNotice(message: string): void
}

/** Runs a plan with an engine. Throws `PipelineError` when it cannot be finished. */
export async function runPlan(
  plan: Plan,
  config: PipelineConfig,
  engine: Engine,
  events: RunEvents,
): Promise<Report> {
  const startedAt = performance.now()
  const release = lockOutput(plan)
  try {
    const store = fileStore(plan.output)
    store.commit('.state/plan.json', `${JSON.stringify(plan)}\n`)
    store.commit('run.json', `${JSON.stringify(runRecord(plan, config), undefined, 2)}\n`)
    forgetLostShards(plan)
    let isFresh = true
    for (const phase of plan.phases) {
      const missing = missingTasks(plan, phase)
      events.onPhase(phase, phase.tasks, phase.tasks - missing.length)
      if (missing.length > 0 && isFresh) {
        isFresh = false
        // From here on the folder holds a mixture until the report says otherwise.
        store.remove('report.json')
        store.remove('report.html')
      }
      await completePhase(plan, phase, missing, engine, {
        signal: events.signal,
        onProgress: (progress) => events.onProgress(progress),
        onTaskDone: (index, peakRssBytes) => events.onTaskDone(phase, index, peakRssBytes),
        onWorker: (pid) => events.onWorker(pid),
        onNotice: (message) => events.onNotice(message),
      })
      if (phase.kind === 'map') checkErrorRate(plan, phase, config.maxErrorRate)
    }
    removeStale(plan)
    writeNotes(plan)
    const report = await buildReport(plan, (performance.now() - startedAt) / 1000)
    store.commit('report.json', `${JSON.stringify(report, undefined, 2)}\n`)
    store.commit('report.html', renderReport(report))
    return report
  } finally {
    release()
  }
}

const maxRounds = 3

/** Runs tasks until their manifests say that they are done: engines may lose or repeat tasks. */
async function completePhase(
  plan: Plan,
  phase: Phase,
  tasks: readonly number[],
  engine: Engine,
  events: EngineEvents,
): Promise<void> {
  let missing = tasks
  for (let round = 0; missing.length > 0; round++) {
    if (round === maxRounds) {
      throw new RetryableError(`${phase.id}: tasks ${missing.join(', ')} do not get complete`)
    }
    await engine.run(plan, phase, missing, events)
    missing = missingTasks(plan, phase)
  }
}

/** Indices of the tasks of a phase that are not committed. */
export function missingTasks(plan: Plan, phase: Phase): number[] {
  const all = Array.from({ length: phase.tasks }, (_, index) => index)
  return all.filter((index) => !isTaskDone(plan, phase, index))
}

/** Shards lie outside the state folder: when one was removed or cut short, all are written anew. */
function forgetLostShards(plan: Plan): void {
  for (const phase of plan.phases) {
    if (phase.kind !== 'write' && phase.kind !== 'output') continue
    if (writtenBy(plan, phase).every((shard) => shard.isThere)) continue
    rmSync(phaseFolder(plan, phase), { recursive: true, force: true })
  }
}

function lockOutput(plan: Plan): () => void {
  try {
    return acquireLock(join(stateFolder(plan), 'lock'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof PipelineError || code === undefined) throw error
    throw new PipelineError(`cannot write to the output folder ${plan.output}: ${code}`, {
      code: 'output',
      cause: error,
      hint: 'make it writable or choose another with `output:`',
    })
  }
}

function checkErrorRate(plan: Plan, phase: Phase, maxErrorRate: number): void {
  const stats = emptyStats()
  for (const map of mapPhases(plan)) {
    mergeTaskStats(plan, map, stats)
    if (map.id === phase.id) break
  }
  const stages = Object.entries(stats.stages)
  const quarantined = stages.reduce((sum, [, stage]) => sum + stage.quarantined, 0)
  const { documents } = stats.read
  if (quarantined <= maxErrorRate * documents) return
  const worst = stages
    .filter(([, stage]) => stage.quarantined > 0)
    .map(([name, stage]) => `${name} ${stage.quarantined}`)
  throw new PipelineError(
    `${quarantined} of ${documents} documents broke a stage (${worst.join(', ')}), ` +
      `more than maxErrorRate ${maxErrorRate} allows`,
    { code: 'error-rate', hint: `see \`pipeline inspect ${plan.name} --quarantine\`` },
  )
}

/** Removes state of phases, and shards, that this plan does not have. */
function removeStale(plan: Plan): void {
  const store = fileStore(plan.output)
  const current = new Set(plan.phases.map((phase) => `${phase.id}-${phase.key}`))
  for (const name of store.list('.state')) {
    const isPhase = /^[a-z]+(-\d+)?-[0-9a-f]{16}$/.test(name)
    if (isPhase && !current.has(name)) store.remove(join('.state', name))
  }
  const shards = new Set(writtenShards(plan).map((shard) => shard.name))
  const collections = [
    'text',
    'quarantine',
    ...['dropped', 'index'].flatMap((kind) => store.list(kind).map((name) => `${kind}/${name}`)),
  ]
  for (const collection of collections) {
    for (const name of store.list(collection)) {
      const isShard = /^part-\d{5}\.arrow$/.test(name)
      if (isShard && !shards.has(`${collection}/${name}`)) store.remove(join(collection, name))
    }
    if (store.list(collection).length === 0) store.remove(collection)
  }
  for (const kind of ['dropped', 'index']) {
    if (store.list(kind).length === 0) store.remove(kind)
  }
}

function runRecord(plan: Plan, config: PipelineConfig): Record<string, unknown> {
  const { stages, inputs, ...settings } = config
  return {
    ...settings,
    stages: stages.map(({ name, options }) => ({ [name]: options })),
    inputs: inputs.map(({ path, bytes, format, options }) => ({ path, bytes, format, options })),
    planKey: plan.key,
    versions: { shardmill: version, node: process.versions.node, icu: process.versions.icu },
  }
}
