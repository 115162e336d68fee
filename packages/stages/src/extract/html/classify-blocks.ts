// The three models together: page type from page features, then each block's probability of being
// main content, then a second look with the first opinions as context.
import { readFileSync } from 'node:fs'
import type { Analysis } from './analyse-page.ts'
import {
  blockFeatureNames,
  blockPieces,
  fillBlockFeatures,
  pieceNumbers,
} from './block-features.ts'
import { maxBlocks } from './blocks.ts'
import { setClassWeights } from './hints.ts'
import { opinionFeatureNames, opinionPieces, writeOpinions } from './opinions.ts'
import { fillPageFeatures, pageFeatureNames, pageTypes, type PageType } from './page-features.ts'
import { plainRowMemory, type CopyPieces, type RowMemory } from './row-pieces.ts'
import { chunkRows } from './tree-kernel.ts'
import { loadTreeModels, probability, type TreeModel, type TreeModelData } from './tree-model.ts'

type Trees = Omit<TreeModelData, 'features'>

/** What the training script writes; feature names stand once for all models that share them. */
export interface ExtractionModelData {
  readonly classWeights: Readonly<Record<string, number>>
  readonly pageFeatures: readonly string[]
  readonly blockFeatures: readonly string[]
  readonly pageType: Readonly<Record<PageType, Trees>>
  readonly first: Trees
  readonly second: Trees
}

/** Page features that the block models see, besides the page types. */
export const sharedPageFeatures = [
  'logChars',
  'linkDensity',
  'logBlocks',
  'stopsPerBlock',
  'charsPerBlock',
  'logLongestBlock',
  'longBlockShare',
  'hiddenShare',
  'linkedBlockShare',
  'duplicateShare',
  'count:article',
  'count:main',
  'count:p',
  'count:h1',
  'count:h2',
  'count:h3',
  'count:li',
  'count:tr',
  'count:button',
  'count:pre',
  'hint:comment',
  'hint:message',
  'hint:product',
  'hint:review',
  'phrase:comment',
  'phrase:price',
  'phrase:date',
  'logArticleBody',
  'jsonld:0',
  'ogArticle',
] as const
const sharedColumns = sharedPageFeatures.map((name) => pageFeatureNames.indexOf(name))

export const firstFeatureNames: readonly string[] = [
  ...blockFeatureNames,
  ...pageTypes.map((type) => `type:${type}`),
  ...sharedPageFeatures.map((name) => `page:${name}`),
]
export { opinionFeatureNames }
export const secondFeatureNames: readonly string[] = [...firstFeatureNames, ...opinionFeatureNames]

const sharedLength = pageTypes.length + sharedPageFeatures.length
const layouts = [blockPieces(sharedLength), opinionPieces(firstFeatureNames.length)] as const
/** Memory is reserved for the largest page; what no page needs is never touched. */
const rowRoom = maxBlocks * secondFeatureNames.length
const pieceRoom = pieceNumbers(maxBlocks, sharedLength)

export interface ExtractionModel {
  /** Where rows of the block models are judged where they lie. */
  readonly memory: RowMemory
  readonly pageType: readonly TreeModel[]
  readonly first: TreeModel
  readonly second: TreeModel
}

let loaded: ExtractionModel | undefined

/** The shipped model, read once. */
export function extractionModel(): ExtractionModel {
  loaded ??= loadExtractionModel(
    JSON.parse(
      readFileSync(new URL('./data/model.json', import.meta.url), 'utf8'),
    ) as ExtractionModelData,
  )
  return loaded
}

/** Also installs the class-word weights, which the scanner needs before it reads a page. */
export function loadExtractionModel(data: ExtractionModelData): ExtractionModel {
  setClassWeights(data.classWeights)
  const { pageFeatures } = data
  const count = firstFeatureNames.length
  const first = { ...data.first, features: data.blockFeatures.slice(0, count) }
  const second = { ...data.second, features: data.blockFeatures }
  const ofTypes = pageTypes.map((type) => ({
    data: { ...data.pageType[type], features: pageFeatures },
    features: pageFeatureNames,
  }))
  const ofBlocks = [
    { data: first, features: firstFeatureNames },
    { data: second, features: secondFeatureNames },
  ]
  const [models, memory] = loadTreeModels(ofBlocks, { rowRoom, pieceRoom, layouts })
  const [firstModel, secondModel] = models as [TreeModel, TreeModel]
  const [pageType] = loadTreeModels(ofTypes)
  return { memory, pageType, first: firstModel, second: secondModel }
}

/** One row of page features. */
export function pageRow(analysis: Analysis): Float32Array {
  const row = new Float32Array(pageFeatureNames.length)
  const { page, blocks, equal, head, phrases, url } = analysis
  fillPageFeatures(page, blocks, equal.distinct, head, phrases, url, row)
  return row
}

/** Probabilities by page type, in the order of `pageTypes`, summing to 1. */
export function pageTypeProbabilities(
  models: readonly TreeModel[],
  row: Float32Array,
): Float32Array {
  const result = Float32Array.from(models, (model) => probability(model.score(row, 0)))
  let sum = 0
  for (const p of result) sum += p
  return result.map((p) => p / sum)
}

/** For callers that bring no memory; every number is written for every page, so it is used again. */
let plainMemory: RowMemory | undefined
const memoryForCallers = (): RowMemory =>
  (plainMemory ??= plainRowMemory(layouts, rowRoom, pieceRoom))

/** Rows for both block models; the context columns are still empty. Valid until the next call. */
export function blockRows(
  analysis: Analysis,
  pageFeatures: Float32Array,
  types: Float32Array,
  memory = memoryForCallers(),
): Float32Array {
  const { page, blocks, equal, phrases, titleWords, overlaps, topic } = analysis
  const width = secondFeatureNames.length
  // The same for every block of the page.
  const shared = new Float32Array(sharedLength)
  shared.set(types)
  sharedColumns.forEach((column, i) => {
    shared[types.length + i] = pageFeatures[column] ?? 0
  })
  fillBlockFeatures(
    page,
    blocks,
    equal.twins,
    phrases,
    titleWords,
    overlaps,
    topic,
    shared,
    width,
    memory,
    memory.copiers[0] as CopyPieces,
  )
  return memory.numbers.subarray(memory.rowsAt, memory.rowsAt + blocks.count * width)
}

/** Completes the rows of `blockRows` for the second model, with the opinions of the first, or copies of them. */
export function fillOpinions(
  analysis: Analysis,
  opinions: Float32Array,
  rows: Float32Array,
  memory = memoryForCallers(),
): void {
  const width = secondFeatureNames.length
  const column = firstFeatureNames.length
  const { numbers, rowsAt } = memory
  writeOpinions(analysis, opinions, memory, memory.copiers[1] as CopyPieces, width, column)
  if (rows.buffer === numbers.buffer) return
  for (let at = column; at < analysis.blocks.count * width; at += width)
    rows.set(numbers.subarray(rowsAt + at, rowsAt + at + width - column), at)
}

/** The mean of both opinions in log odds: steadier than either. */
export function averaged(first: number, secondScore: number): number {
  const odds = Math.min(0.9999, Math.max(0.0001, first))
  return probability((Math.log(odds / (1 - odds)) + secondScore) / 2)
}

/** The loop is by itself, lest a large page wait for all of `classifyBlocks` to be compiled. */
function everyBlock(count: number): Int32Array {
  const list = new Int32Array(count)
  for (let block = 0; block < count; block++) list[block] = block
  return list
}

/**
 * Lists the blocks that need a second look: boilerplate among boilerplate, half of a usual page, does not.
 * What does is itself or has a neighbour, at most two blocks away, of more than 6 %.
 */
export function listDoubtful(first: Float32Array, list: Int32Array): number {
  let count = 0
  let next = 0
  for (let block = 0; block < first.length; block++) {
    if ((first[block] as number) <= 0.06) continue
    const stop = Math.min(first.length, block + 3)
    for (next = Math.max(next, block - 2); next < stop; next++) list[count++] = next
  }
  return count
}

/** Log odds to probabilities, in place; what left early has the same as the one before. */
function toProbabilities(scores: Float32Array): void {
  let score = Number.NaN
  let p = 0
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] !== score) {
      score = scores[i] as number
      p = probability(score)
    }
    scores[i] = p
  }
}

/** Puts the mean of both opinions in the place of the second model's scores. */
function averageAll(
  first: Float32Array,
  list: Int32Array,
  count: number,
  scores: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    const block = list[i] as number
    scores[block] = averaged(first[block] as number, scores[block] as number)
  }
}

export interface Classified {
  readonly type: PageType
  readonly types: Float32Array
  /** Probability of being main content by block. */
  readonly probabilities: Float32Array
}

/** Runs all models on a page. */
export function classifyBlocks(model: ExtractionModel, analysis: Analysis): Classified {
  const { blocks } = analysis
  const pageFeatures = pageRow(analysis)
  const types = pageTypeProbabilities(model.pageType, pageFeatures)
  const rows = blockRows(analysis, pageFeatures, types, model.memory)
  const width = secondFeatureNames.length
  const { count } = blocks
  const list = everyBlock(count)
  const first = new Float32Array(count)
  model.first.scoreMany(rows, width, list, count, first)
  toProbabilities(first)
  fillOpinions(analysis, first, rows, model.memory)
  const probabilities = first.slice()
  const doubtful = listDoubtful(first, list)
  // Where no block left, the first model's columns are still what they were.
  const isWhole = doubtful === count && count <= chunkRows
  const known = isWhole ? firstFeatureNames.length : 0
  model.second.scoreMany(rows, width, list, doubtful, probabilities, known)
  averageAll(first, list, doubtful, probabilities)
  let best = 0
  for (let i = 1; i < types.length; i++) if ((types[i] ?? 0) > (types[best] ?? 0)) best = i
  return { type: pageTypes[best] ?? 'article', types, probabilities }
}
