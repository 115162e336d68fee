// The stages of one map phase in a row, with their statistics: who came in, who was kept, dropped
// for which reason, quarantined, and how long it took. Each stage sees only documents that are
// still kept. The sum in = kept + dropped + quarantined is checked after every stage and batch.
import { messageOf, type Context, type Document, type DocumentStage } from '@shardmill/core'
import type { MetaValue } from '@shardmill/core/document'
import type { Transform } from '@shardmill/core/stage'
import type { MapPhase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { loadStage } from '../stage-loader.ts'
import { addTo, countLanguage, emptyStageStats, emptyStats } from '../stats.ts'
import type { StageStats, Stats } from '../stats.ts'
import type { Guilt } from './guilty.ts'
import { taskContext } from './context.ts'
import type { StageProgress, TaskHooks } from './hooks.ts'
import { shadowOf, type Shadow } from './overlap.ts'

interface Link {
  readonly name: string
  readonly transform: Transform
}

export class StageChain {
  readonly context: Context
  stats: Stats = emptyStats()
  /** Lines of notes/<stage>.jsonl since the last part. */
  #notes = new Map<string, string[]>()
  readonly #links: Link[] = []
  readonly #hooks: TaskHooks
  readonly #verdictStage: string | undefined
  readonly #overlap: { readonly seed: number; readonly share: number }
  /** While copies of dropped documents are judged: stages' counters stand still. */
  #isJudgingAgain = false
  /** What was already told to the live display. */
  readonly #reported = new Map<string, StageProgress>()

  private constructor(plan: Plan, phase: MapPhase, context: Context, hooks: TaskHooks) {
    this.#overlap = { seed: plan.seed, share: plan.overlapShare }
    this.#hooks = hooks
    this.context = context
    this.#verdictStage = phase.verdicts?.stage.label
  }

  /** Creates the stages of a phase. A stage that fails to open ends the task. */
  static async open(
    plan: Plan,
    phase: MapPhase,
    folder: string,
    hooks: TaskHooks,
  ): Promise<StageChain> {
    const read = taskContext(plan, folder, hooks)
    const chain = new StageChain(plan, phase, read, hooks)
    for (const entry of phase.stages) {
      const stage = (await loadStage(entry.name, plan.folder)) as DocumentStage<unknown>
      const transform = await stage.create(
        entry.options,
        taskContext(
          plan,
          folder,
          hooks,
          (counter, by) => chain.#count(entry.label, counter, by),
          (row) => chain.#note(entry.label, row),
        ),
      )
      chain.#links.push({ name: entry.label, transform })
      chain.stageStats(entry.label)
    }
    return chain
  }

  #count(stage: string, counter: string, by: number): void {
    if (!this.#isJudgingAgain) addTo(this.stageStats(stage).counters, counter, by)
  }

  stageStats(name: string): StageStats {
    return (this.stats.stages[name] ??= emptyStageStats())
  }

  /**
   * Runs a batch through all stages; documents are marked in place. `guilty` ones are set apart when
   * they come to the stage they broke. `announce` is told each stage in careful mode.
   */
  async process(
    documents: readonly Document[],
    guilty: ReadonlyMap<Document, Guilt>,
    announce?: (stage: string) => void,
  ): Promise<void> {
    let batch = documents
    if (this.#verdictStage !== undefined) {
      batch = this.#settle(this.stageStats(this.#verdictStage), batch)
    }
    const shadows: Shadow[] = []
    for (const [place, { name, transform }] of this.#links.entries()) {
      if (batch.length === 0) break
      const stats = this.stageStats(name)
      let inputSize = 0
      for (const { content, text } of batch) inputSize += content?.length ?? text.length
      announce?.(name)
      const startedAt = process.cpuUsage()
      await runStage(name, transform, guilty.size === 0 ? batch : setApart(batch, name, guilty))
      const { user, system } = process.cpuUsage(startedAt)
      stats.cpuMs += (user + system) / 1000
      stats.inputSize += inputSize
      for (const document of batch) {
        const shadow = document.dropped && shadowOf(document, name, place + 1, this.#overlap)
        if (shadow) shadows.push(shadow)
      }
      batch = this.#settle(stats, batch)
    }
    await this.#judgeAgain(shadows, guilty, announce)
  }

  /** Gives copies of dropped documents to the stages they never came to, and notes who drops them. */
  async #judgeAgain(
    shadows: readonly Shadow[],
    guilty: ReadonlyMap<Document, Guilt>,
    announce?: (stage: string) => void,
  ): Promise<void> {
    if (shadows.length === 0) return
    this.#isJudgingAgain = true
    try {
      for (const [place, { name, transform }] of this.#links.entries()) {
        const own = shadows.filter(({ next, copy, original }) => {
          return next <= place && !copy.quarantined && guilty.get(original)?.stage !== name
        })
        if (own.length === 0) continue
        announce?.(name)
        const batch = own.map(({ copy }) => copy)
        await runStage(name, transform, batch)
        for (const { copy, stages } of own) {
          if (copy.dropped) stages.push(name)
          copy.dropped = undefined
        }
      }
    } finally {
      this.#isJudgingAgain = false
    }
    for (const { stages } of shadows) addTo(this.stats.overlap, stages.join('\n'))
  }

  /** Statistics since the last call; the chain starts counting anew. */
  takeStats(): Stats {
    this.report()
    const { stats } = this
    this.stats = emptyStats()
    for (const { name } of this.#links) this.stageStats(name)
    this.#reported.clear()
    return stats
  }

  /** Notes since the last call, by stage. */
  takeNotes(): ReadonlyMap<string, readonly string[]> {
    const notes = this.#notes
    this.#notes = new Map()
    return notes
  }

  #note(stage: string, row: Readonly<Record<string, MetaValue>>): void {
    const lines = this.#notes.get(stage)
    const line = JSON.stringify(row)
    if (lines) lines.push(line)
    else this.#notes.set(stage, [line])
  }

  /** Tells the live display what has happened since the last time. */
  report(): void {
    const stages: Record<string, StageProgress> = {}
    for (const [name, now] of Object.entries(this.stats.stages)) {
      const before = this.#reported.get(name)
      stages[name] = {
        in: now.in - (before?.in ?? 0),
        kept: now.kept - (before?.kept ?? 0),
        inputSize: now.inputSize - (before?.inputSize ?? 0),
        cpuMs: now.cpuMs - (before?.cpuMs ?? 0),
      }
      const { in: entered, kept, inputSize, cpuMs } = now
      this.#reported.set(name, { in: entered, kept, inputSize, cpuMs })
    }
    this.#hooks.progress({ stages })
  }

  /** A document that a stage kept but whose row could not be written. */
  countLateQuarantine(name: string): void {
    const stats = this.stageStats(name)
    stats.in++
    stats.quarantined++
  }

  async close(): Promise<void> {
    for (const { transform } of this.#links) await transform.close?.()
  }

  #settle(stats: StageStats, batch: readonly Document[]): readonly Document[] {
    const kept = batch.filter((document) => document.isKept)
    stats.in += batch.length
    stats.kept += kept.length
    for (const document of batch) if (!document.quarantined) countLanguage(stats, document)
    if (kept.length === batch.length) return batch
    for (const { dropped, quarantined } of batch) {
      if (quarantined) stats.quarantined++
      else if (dropped) addTo(stats.dropped, dropped.reason)
    }
    return kept
  }
}

/** Quarantines documents that broke this stage before; answers the others. */
function setApart(
  batch: readonly Document[],
  stage: string,
  guilty: ReadonlyMap<Document, Guilt>,
): readonly Document[] {
  return batch.filter((document) => {
    const guilt = guilty.get(document)
    if (guilt?.stage !== stage) return true
    document.quarantined = guilt
    return false
  })
}

/** A stage that throws on a batch is given its documents one by one; those that throw are set apart. */
async function runStage(
  name: string,
  transform: Transform,
  batch: readonly Document[],
): Promise<void> {
  try {
    await transform.process(batch)
    return
  } catch (error) {
    if (batch.length === 1) {
      batch[0]!.quarantined = { stage: name, error: messageOf(error) }
      return
    }
  }
  for (const document of batch) if (document.isKept) await runStage(name, transform, [document])
}
