// From a checked pipeline to a static plan: phases of N idempotent tasks. The plan depends on the
// configuration and the input sizes only, never on the worker count.
//
//   map-0      read, stages …            one task per `taskBytes` of input, seen as one long file
//   map-1      stages after a checkpoint one task per task of map-0, rows handed on by file
//   recall-1   only against earlier runs: the records of their indexes, one task per shard of them
//   group-1    a corpus stage's records, one task per partition of the key space
//   cluster-1, gather-1, settle-1
//              only for a stage that verifies: clusters of candidates (one task), their documents
//              described (as many as map-1) and compared (one task per partition)
//   quote-1, settle-1
//              only for a stage that verifies spans: marked documents quoted (as many as map-1) and
//              quotations of one key compared (one task per partition)
//   resolve-1  verdicts per document, one task
//   index-1    only for a run that keeps one: the documents that the stage kept, described for later runs
//   map-2      …                         applies verdicts and cuts, then the following stages
//   cut        where text, dropped and quarantined rows are cut into shards, one task
//   write      the shards
//   output-1   a stage that runs on the finished shards, such as train-tokenizer
//
// Cutting after all stages, by row sizes in document order, is what makes the output independent of
// how the input was spread over files and tasks. It costs one more pass of UTF-8 copying.
import type { CorpusStage, Stage } from '@shardmill/core'
import { hashText128 } from '@shardmill/core/hash'
import { formats } from '@shardmill/stages'
import type { Segment } from '@shardmill/stages/read/format'
import type { PipelineConfig, StageEntry } from './config.ts'
import { readIndex, type IndexShard } from './corpus-index.ts'
import { fileDigest } from './file-digest.ts'
import type { InputFile } from './inputs.ts'
import type { MapPhase, Phase } from './phases.ts'
import { loadStage } from './stage-loader.ts'

/** Raise when the layout of state files or of shards changes: every cache is then made anew. */
const formatVersion = 3

export interface PlannedSegment extends Segment {
  /** Index into `Plan.inputs`. */
  readonly input: number
}

export interface Plan {
  readonly formatVersion: number
  readonly key: string
  readonly name: string
  readonly folder: string
  readonly output: string
  readonly seed: number
  readonly shardBytes: number
  readonly keepDropped: boolean
  readonly overlapShare: number
  readonly inputs: readonly InputFile[]
  /** Segments of each task of map-0. */
  readonly segments: readonly (readonly PlannedSegment[])[]
  /** Sections of every exchange file. */
  readonly partitions: number
  readonly phases: readonly Phase[]
}

/**
 * Bytes of input per exchange partition. Records are a fifth (exact-substring-dedup) to once
 * (minhash-dedup, line-dedup) their size, quotations of repeated text up to ten times, compressed
 * inputs three times as much again: 64 MB keep a partition's records under 256 MB. One that turns out
 * larger is split when it is grouped.
 */
const inputBytesPerPartition = 64 << 20
/** More would make the section lists of manifests longer than what they describe. */
const maxPartitions = 1024

/** Compiles a pipeline. Opens inputs only to learn whether they can be entered in the middle. */
export async function createPlan(config: PipelineConfig): Promise<Plan> {
  const inputBytes = config.inputs.reduce((sum, file) => sum + file.bytes, 0)
  const taskBytes = config.taskBytes === 'auto' ? autoTaskBytes(inputBytes) : config.taskBytes
  const segments = await planSegments(config.inputs, taskBytes)
  const partitions = Math.min(
    maxPartitions,
    Math.max(1, Math.ceil(inputBytes / inputBytesPerPartition)),
  )
  const loaded = await Promise.all(
    config.stages.map(async (entry) => ({
      entry,
      stage: (await loadStage(entry.name, config.folder))!,
    })),
  )
  const builder = new PhaseBuilder(config, segments, partitions)
  await builder.add(loaded)
  const { phases } = builder
  return {
    formatVersion,
    key: phases.at(-1)!.key,
    name: config.name,
    folder: config.folder,
    output: config.output,
    seed: config.seed,
    shardBytes: config.shardBytes,
    keepDropped: config.keepDropped,
    overlapShare: config.overlapShare,
    inputs: config.inputs,
    segments,
    partitions,
    phases,
  }
}

/** Enough tasks to spread a small input, few enough to keep the manifests of a large one countable. */
function autoTaskBytes(inputBytes: number): number {
  const [least, usual, most] = [1 << 20, 8 << 20, 64 << 20]
  const few = Math.min(usual, Math.max(least, Math.ceil(inputBytes / 16)))
  return Math.min(most, Math.max(few, Math.ceil(inputBytes / 4096)))
}

/** The phase of that id; with `kind` it must be one of that kind. */
export function phaseOf(plan: Plan, id: string): Phase
export function phaseOf<Kind extends Phase['kind']>(
  plan: Plan,
  id: string,
  kind: Kind,
): Extract<Phase, { kind: Kind }>
export function phaseOf(plan: Plan, id: string, kind?: Phase['kind']): Phase {
  const phase = plan.phases.find((candidate) => candidate.id === id)
  if (!phase) throw new Error(`the plan has no phase \`${id}\``)
  if (kind !== undefined && phase.kind !== kind) {
    throw new Error(`phase \`${id}\`: expected ${kind}, it is ${phase.kind}`)
  }
  return phase
}

export function mapPhases(plan: Plan): readonly MapPhase[] {
  return plan.phases.filter((phase) => phase.kind === 'map')
}

class PhaseBuilder {
  readonly phases: Phase[] = []
  readonly #config: PipelineConfig
  readonly #tasks: number
  readonly #partitions: number
  #key: string
  #maps = 0
  #source: string | undefined
  #verdicts: MapPhase['verdicts']

  constructor(
    config: PipelineConfig,
    segments: readonly (readonly PlannedSegment[])[],
    partitions: number,
  ) {
    this.#config = config
    this.#tasks = segments.length
    this.#partitions = partitions
    const inputs = config.inputs.map(({ path, ...rest }) => [path, rest])
    const { icu, unicode } = process.versions
    const { seed, keepDropped, overlapShare } = config
    const settings = [formatVersion, seed, keepDropped, overlapShare]
    const origin = [...settings, segments, inputs, icu, unicode]
    this.#key = hashText128(JSON.stringify(origin))
  }

  async add(loaded: readonly { entry: StageEntry; stage: Stage }[]): Promise<void> {
    let pending: StageEntry[] = []
    const outputs = loaded.filter(({ stage }) => stage.scope === 'output')
    const others = loaded.filter(({ stage }) => stage.scope !== 'output')
    for (const { entry, stage } of others) {
      const identity = [entry, stage.version ?? 1, this.#digests(stage, entry)]
      if (stage.scope === 'corpus') {
        this.#extendKey(identity)
        this.#map(pending, entry, false)
        await this.#corpus(entry, stage)
        pending = []
        continue
      }
      this.#extendKey(identity)
      pending.push(entry)
      if (stage.checkpoint && others.at(-1)!.entry !== entry) {
        this.#map(pending, undefined, false)
        pending = []
      }
    }
    this.#map(pending, undefined, true)
    this.#extendKey(this.#config.shardBytes)
    this.#push({ kind: 'cut', id: 'cut', tasks: 1 })
    this.#push({ kind: 'write', id: 'write', tasks: this.#tasks, cut: 'cut' })
    for (const [i, { entry, stage }] of outputs.entries()) {
      this.#extendKey([entry, stage.version ?? 1, this.#digests(stage, entry)])
      this.#push({ kind: 'output', id: `output-${i + 1}`, tasks: 1, stage: entry })
    }
  }

  #map(stages: readonly StageEntry[], corpus: StageEntry | undefined, isLast: boolean): void {
    const id = `map-${this.#maps++}`
    const [source, verdicts] = [this.#source, this.#verdicts]
    this.#push({ kind: 'map', id, tasks: this.#tasks, source, verdicts, stages, corpus, isLast })
    this.#source = id
    this.#verdicts = undefined
  }

  async #corpus(stage: StageEntry, definition: CorpusStage<unknown>): Promise<void> {
    const { verifies, index } = definition
    const number = this.#maps - 1
    const source = this.#source!
    const recalled = await this.#recall(stage, index)
    const recall = recalled && { recall: recalled.id }
    const note = definition.explain && { note: definition.explain(stage.options) }
    let group = `group-${number}`
    const groups = { tasks: this.#partitions, source, stage }
    this.#push({ kind: 'group', id: group, ...groups, ...recall, ...note })
    if (verifies !== undefined) {
      let gather = `gather-${number}`
      if (verifies === 'documents') {
        const clusters = `cluster-${number}`
        this.#push({ kind: 'cluster', id: clusters, tasks: 1, source, group, stage, ...recall })
        const tasks = this.#tasks + (recalled?.shards ?? 0)
        this.#push({ kind: 'gather', id: gather, tasks, source, clusters, stage, ...recall })
      } else {
        gather = `quote-${number}`
        this.#push({ kind: 'quote', id: gather, tasks: this.#tasks, source, group, stage })
      }
      group = `settle-${number}`
      this.#push({ kind: 'settle', id: group, tasks: this.#partitions, source, gather, stage })
    }
    const verdicts = `resolve-${number}`
    this.#push({ kind: 'resolve', id: verdicts, tasks: 1, source, group, stage, ...recall })
    if (index?.keeps(stage.options)) {
      const recipe = index.recipe(stage.options)
      const id = `index-${number}`
      this.#push({ kind: 'index', id, tasks: this.#tasks, source, verdicts, stage, recipe })
    }
    this.#verdicts = { phase: verdicts, stage }
  }

  async #recall(
    stage: StageEntry,
    index: CorpusStage<unknown>['index'],
  ): Promise<{ id: string; shards: number } | undefined> {
    const shards: IndexShard[] = []
    for (const run of index?.against(stage.options) ?? []) {
      shards.push(...(await readIndex(run, stage.name, this.#config.folder)).shards)
    }
    if (shards.length === 0) return undefined
    const id = `recall-${this.#maps - 1}`
    this.#extendKey(shards.map(({ rows, xxh64 }) => [rows, xxh64]))
    this.#push({ kind: 'recall', id, tasks: shards.length, stage, shards })
    return { id, shards: shards.length }
  }

  #push(phase: DistributiveOmit<Phase, 'key'>): void {
    this.#extendKey([phase.id])
    this.phases.push({ ...phase, key: this.#key.slice(0, 16) })
  }

  #extendKey(part: unknown): void {
    this.#key = hashText128(`${this.#key}\n${JSON.stringify(part)}`)
  }

  #digests(stage: Stage, entry: StageEntry): string[] {
    const files = stage.files?.(entry.options) ?? []
    return files.map((path) => fileDigest(path, this.#config.folder))
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/**
 * The inputs laid end to end and cut every `taskBytes`: the same records spread over other files
 * give the same tasks. A file that cannot be entered in the middle goes whole to the task in which
 * it begins; tasks left without bytes are dropped.
 */
async function planSegments(
  inputs: readonly InputFile[],
  taskBytes: number,
): Promise<PlannedSegment[][]> {
  const tasks: PlannedSegment[][] = []
  let offset = 0
  for (const [input, file] of inputs.entries()) {
    const { path, bytes: fileBytes } = file
    const format = await formats[file.format]!()
    const first = Math.floor(offset / taskBytes)
    const last = Math.floor(Math.max(offset, offset + fileBytes - 1) / taskBytes)
    const isWhole = first === last || !format.isSplittable(path, file.options)
    for (let task = first; task <= (isWhole ? first : last); task++) {
      const start = isWhole ? 0 : Math.max(0, task * taskBytes - offset)
      const end = isWhole ? fileBytes : Math.min(fileBytes, (task + 1) * taskBytes - offset)
      const segments = (tasks[task] ??= [])
      segments.push({ path, start, end, fileBytes, input })
    }
    offset += fileBytes
  }
  return tasks.filter((segments) => segments !== undefined)
}
