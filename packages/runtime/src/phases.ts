// The phases of a plan: what each kind reads, and the stage it runs. Phases name each other by id and meet
// only in committed files; plan.ts says which of them a pipeline has and in what order.
import type { StageEntry } from './config.ts'
import type { IndexShard } from './corpus-index.ts'

interface PhaseBase {
  readonly id: string
  /** 16 hex digits over everything the phase's output depends on. */
  readonly key: string
  readonly tasks: number
}

export interface MapPhase extends PhaseBase {
  readonly kind: 'map'
  /** The phase whose rows are read; undefined for the inputs. */
  readonly source: string | undefined
  /** The resolve phase whose verdicts are applied on reading, and the stage they belong to. */
  readonly verdicts: { readonly phase: string; readonly stage: StageEntry } | undefined
  readonly stages: readonly StageEntry[]
  /** The corpus stage that these rows emit records for. */
  readonly corpus: StageEntry | undefined
  readonly isLast: boolean
}

/** Records of documents of earlier runs, from their indexes; one task per shard. */
export interface RecallPhase extends PhaseBase {
  readonly kind: 'recall'
  readonly stage: StageEntry
  readonly shards: readonly IndexShard[]
}

/** Describes the documents that a corpus stage kept, for later runs. */
export interface IndexPhase extends PhaseBase {
  readonly kind: 'index'
  readonly source: string
  readonly verdicts: string
  readonly stage: StageEntry
  readonly recipe: string
}

export interface GroupPhase extends PhaseBase {
  readonly kind: 'group'
  readonly source: string
  readonly recall?: string
  /** What the stage's options come to. */
  readonly note?: string
  readonly stage: StageEntry
}

export interface ResolvePhase extends PhaseBase {
  readonly kind: 'resolve'
  /** The map phase whose rows are judged. */
  readonly source: string
  readonly recall?: string
  /** The phase whose tasks gave verdicts: group, or settle for a stage that verifies. */
  readonly group: string
  readonly stage: StageEntry
}

/** Candidates of a stage that verifies, as one cluster label per document. */
export interface ClusterPhase extends PhaseBase {
  readonly kind: 'cluster'
  readonly source: string
  readonly recall?: string
  readonly group: string
  readonly stage: StageEntry
}

/** Describes the members of clusters from the rows of `source`. */
export interface GatherPhase extends PhaseBase {
  readonly kind: 'gather'
  readonly source: string
  readonly recall?: string
  readonly clusters: string
  readonly stage: StageEntry
}

/** Quotes marked stretches from the rows of `source`. */
export interface QuotePhase extends PhaseBase {
  readonly kind: 'quote'
  readonly source: string
  /** The phase whose tasks marked. */
  readonly group: string
  readonly stage: StageEntry
}

/** Compares the members of each cluster, or the quotations of each key. */
export interface SettlePhase extends PhaseBase {
  readonly kind: 'settle'
  readonly source: string
  /** The gather or quote phase. */
  readonly gather: string
  readonly stage: StageEntry
}

export interface CutPhase extends PhaseBase {
  readonly kind: 'cut'
}

export interface WritePhase extends PhaseBase {
  readonly kind: 'write'
  readonly cut: string
}

export interface OutputPhase extends PhaseBase {
  readonly kind: 'output'
  readonly stage: StageEntry
}

export type Phase =
  | MapPhase
  | RecallPhase
  | IndexPhase
  | GroupPhase
  | ClusterPhase
  | GatherPhase
  | QuotePhase
  | SettlePhase
  | ResolvePhase
  | CutPhase
  | WritePhase
  | OutputPhase
