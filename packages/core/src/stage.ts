// The stage contract. A stage is a name, a strict options schema that holds every default, and a
// `create` that is given checked options and returns something to run.
//
// Document stages see batches and mark documents in place: `dropped` with a reason, `quarantined`
// with an error, or changed fields. They never remove one, so at every stage
// rows in = kept + dropped + quarantined.
//
// Corpus stages compare documents with each other. They are barriers: each document emits
// fixed-width records of 32-bit words, the runtime groups the records of equal keys from all tasks
// in one place, and the stage's verdicts come back as document ordinals: whole documents are dropped
// or linked, or stretches of them marked and cut out. Documents themselves do not travel, and nothing
// crosses processes in memory.
import type { z } from 'zod'
import { messageOf } from './errors.ts'
import type { Spans } from './lines.ts'
import type { Document, MetaValue } from './document.ts'

export interface Context {
  readonly signal: AbortSignal
  /** Seed of the run; combine with a document's id, never with a rank or the time. */
  readonly seed: number
  /** A folder for temporary files of this task; removed when it ends. */
  readonly scratch: string
  /** Adds to a named counter of this stage, shown in the report. */
  count(counter: string, by?: number): void
  /**
   * Writes a row to notes/<stage>.jsonl of the run, in document order: what a stage found, apart from
   * what it does about it. Absent where no run is written.
   */
  note?(row: Readonly<Record<string, MetaValue>>): void
  /** Tells the supervisor that work goes on; call it inside long loops over documents. */
  beat(): void
  /** Resolves a path of the configuration (relative to where the command was started). */
  path(path: string): string
}

interface StageInfo<Options> {
  /** As written in YAML: 'gopher-quality'. */
  readonly name: string
  /** One line, shown by `pipeline list`. */
  readonly summary: string
  /** Raise it when the same input gives other output: cached results are then made anew. */
  readonly version?: number
  /** A strict object; every default lives here. */
  readonly options: z.ZodType<Options>
  /** Stages that, when a pipeline has both, must stand before this one: ['html']. */
  readonly after?: readonly string[]
  /**
   * Its results are dear: they are committed before the next stage runs, so that editing a later
   * stage does not repeat this one (HTML extraction).
   */
  readonly checkpoint?: boolean
  /** Paths among the options (lists, models): their content enters the task key. */
  files?(options: Options): readonly string[]
  /** What the options come to, in a line: `pipeline plan`, `pipeline check` and the report show it. */
  explain?(options: Options): string
}

export interface DocumentStage<Options> extends StageInfo<Options> {
  readonly scope: 'document'
  create(options: Options, context: Context): Transform | Promise<Transform>
}

export interface Transform {
  /** Marks or changes documents in place. Documents already dropped are not in the batch. */
  process(batch: readonly Document[]): void | Promise<void>
  close?(): void | Promise<void>
}

export interface CorpusStage<Options> extends StageInfo<Options> {
  readonly scope: 'corpus'
  /**
   * Verdicts of `reduce` are candidates only; `settle` decides after a second look at the documents.
   * `documents`: `reduce` only links; the documents of each cluster meet once more, as `describe`
   * tells of them. `spans`: `reduce` only marks; what `quote` quotes of marked documents meets by key.
   */
  readonly verifies?: 'documents' | 'spans'
  /** For a stage that verifies documents: comparison with what earlier runs kept. */
  readonly index?: CorpusIndex<Options>
  create(options: Options, context: Context): CorpusPass | Promise<CorpusPass>
}

/**
 * What a run keeps of its documents for later ones: what `describe` says of each document that the
 * stage keeps. A later run compares with these descriptions and never reads the corpus again.
 */
export interface CorpusIndex<Options> {
  /** Whether this run keeps one. */
  keeps(options: Options): boolean
  /** Runs whose indexes documents are compared with: folders, as written. */
  against(options: Options): readonly string[]
  /** All that descriptions depend on, in words: an index made by another recipe is refused. */
  recipe(options: Options): string
}

/** One comparison of all documents. Without `recordWords` only `decide` runs. */
export interface CorpusPass {
  /** Reason given to documents that lose: 'duplicate-url'. */
  readonly reason: string
  /** 32-bit words per record, key included; 0 when nothing is emitted. */
  readonly recordWords: number
  /** The first `keyWords` words are the key: records of one key meet in one `reduce` call. */
  readonly keyWords: number
  /** Map side: push any number of records for one kept document. */
  emit?(document: Document, push: (...record: number[]) => void): void
  /**
   * Reduce side: all records of one key, in document order, two or more of them. Records are rows of
   * `recordWords` words at `from + i * recordWords`; `ordinals[i]` is the document's global number.
   */
  reduce?(group: RecordGroup, verdict: Verdict, census: Census): void
  /**
   * What the document counts towards in the census that `reduce` is given: its site, say. Any whole
   * number below 2^53; undefined counts it nowhere. Memory: 16 bytes per number that occurs.
   */
  census?(document: Document): number | undefined
  /** For stages that need only the number of documents, such as `limit`. */
  decide?(documentCount: number, verdict: Verdict): void
  /**
   * Second look, map side: what `settle` is to know of a document that was linked to another. The
   * words are copied before the next call. Called for members of clusters only.
   */
  describe?(document: Document): Uint32Array
  /** Map side for a document of an earlier run: the records that `emit` would push for it. */
  emitDescribed?(description: Uint32Array, push: (...record: number[]) => void): void
  /**
   * Second look at spans, map side: called for documents with marks only. Pushes any number of
   * quotations, which meet those of the same key; their words are copied.
   */
  quote?(document: Document, marks: Spans, push: (key: number, words: Uint32Array) => void): void
  /**
   * Second look, reduce side: the members of one cluster of candidates, in document order, or the
   * quotations of one key, in document order and as pushed. A huge cluster of documents comes in
   * pieces of `maxClusterDocuments`, each by itself, so that memory is bounded.
   */
  settle?(cluster: Cluster, verdict: Verdict): void
  /**
   * What the final marks of a document mean in its text: spans to cut out, ascending and apart. The
   * runtime cuts, keeps the pieces on lines of their own, records the spans in `meta` and counts.
   */
  spans?(document: Document, marks: Spans): Spans
  /** Judges a document that was cut: a reason drops it, whole as it was. */
  judgeRest?(document: Document): string | undefined
}

/** Most documents that one call of `settle` is given. */
export const maxClusterDocuments = 16_384

export interface Cluster {
  readonly count: number
  ordinal(member: number): number
  /** What `describe` said of it; valid during the call. */
  words(member: number): Uint32Array
  /** True for a document of an earlier run: it stays, whatever it is compared with. */
  isIndexed(member: number): boolean
}

export interface RecordGroup {
  readonly count: number
  word(record: number, index: number): number
  ordinal(record: number): number
  /** True for a document of an earlier run; these stand behind all others. */
  isIndexed(record: number): boolean
}

export interface Verdict {
  /** The document is dropped in favour of `keeper` (its own ordinal when there is none). */
  drop(ordinal: number, keeper: number): void
  /** The two documents belong together; clusters keep their least ordinal (union-find). */
  link(a: number, b: number): void
  /** The kept document stands for `copies` documents, itself included (`meta.duplicates`). */
  stands(ordinal: number, copies: number): void
  /**
   * Marks a stretch of a document, in whatever unit the stage counts. Marks of one document come
   * back ascending, those that touch or overlap as one.
   */
  mark(ordinal: number, from: number, to: number): void
}

/** How many documents of the corpus count towards a number (see `CorpusPass.census`). */
export type Census = (key: number) => number

/**
 * A stage that runs on the finished text shards: trains a tokenizer, packs tokens. It makes one
 * folder, as a whole or not at all, and stands behind all other stages of a pipeline.
 */
export interface OutputStage<Options> extends StageInfo<Options> {
  readonly scope: 'output'
  /** Name of the folder it makes in the run's folder: 'tokenizer'. */
  readonly folder: string
  run(options: Options, job: OutputJob): Promise<void>
}

export interface OutputJob {
  /** Absolute paths of the text shards, in order. */
  readonly shards: readonly string[]
  /** The run's folder. */
  readonly runFolder: string
  /** What output stages in front of this one have made: folders by name of the stage. */
  readonly made: Readonly<Record<string, string>>
  /** An empty folder to write into; it gets its name when `run` returns. */
  readonly target: string
  readonly context: Context
}

/** A stage whose options are known only to itself. */
export type Stage = DocumentStage<unknown> | CorpusStage<unknown> | OutputStage<unknown>

/**
 * A stage that judges one document at a time.
 * `judge` compiles its options once and returns a function that answers undefined to keep the
 * document or a short kebab-case reason to drop it. A throw quarantines that document only.
 */
export function defineFilter<Options>(
  definition: StageInfo<Options> & {
    judge(options: Options, context: Context): Judge | Promise<Judge>
  },
): DocumentStage<Options> {
  return {
    ...definition,
    scope: 'document',
    async create(options, context) {
      const judge = await definition.judge(options, context)
      return eachDocument(definition.name, context, (document) => {
        const reason = judge(document)
        if (reason !== undefined) document.dropped = { stage: definition.name, reason }
      })
    },
  }
}

export type Judge = (document: Document) => string | undefined

/** A stage that changes one document at a time (and may set `dropped` itself). */
export function defineMap<Options>(
  definition: StageInfo<Options> & {
    map(
      options: Options,
      context: Context,
    ): ((document: Document) => void) | Promise<(document: Document) => void>
  },
): DocumentStage<Options> {
  return {
    ...definition,
    scope: 'document',
    async create(options, context) {
      return eachDocument(definition.name, context, await definition.map(options, context))
    },
  }
}

/** A corpus stage; only fixes its `scope`. */
export function defineCorpus<Options>(
  definition: Omit<CorpusStage<Options>, 'scope'>,
): CorpusStage<Options> {
  return { ...definition, scope: 'corpus' }
}

/** An output stage; only fixes its `scope`. */
export function defineOutput<Options>(
  definition: Omit<OutputStage<Options>, 'scope'>,
): OutputStage<Options> {
  return { ...definition, scope: 'output' }
}

function eachDocument(
  name: string,
  context: Context,
  handle: (document: Document) => void,
): Transform {
  return {
    process(batch) {
      for (const document of batch) {
        context.beat()
        try {
          handle(document)
        } catch (error) {
          document.quarantined = { stage: name, error: messageOf(error) }
        }
      }
    },
  }
}
