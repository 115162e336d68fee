// Opens everything a run needs and refuses what does not fit together before the first step: shards
// of different tokenizers, a model too small for them, a mask token that does not exist, more memory
// than there is.
import { existsSync } from 'node:fs'
import { freemem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ConfigError } from '@shardmill/core/errors'
import { hashText } from '@shardmill/core/hash'
import { mix32 } from '@shardmill/core/random'
import { loadTokenizer } from '@shardmill/tokenizer/load'
import { openProvider } from '../backend/select.ts'
import type { Provider } from '../backend/provider.ts'
import type { ObjectiveOptions, TrainConfig } from '../config-schema.ts'
import { createLoader, type Loader } from '../data/loader.ts'
import { openPackedSource, type PackedSource, type SourceRow } from '../data/packed-source.ts'
import { interleave } from '../data/interleave.ts'
import { createPairs, PAIR_TOKENS } from '../data/pairs.ts'
import { readSpecialTokens, type SpecialTokens } from '../data/special-tokens.ts'
import { modelCost, trainingBytes, type ModelCost } from '../model/cost.ts'
import { resolveModel } from '../model/config.ts'
import { createModel, type Model } from '../model/model.ts'
import { clm } from '../objective/clm.ts'
import type { HostBatch } from '../objective/host-batch.ts'
import { createMlm } from '../objective/mlm.ts'
import { createAdamw, type Adamw } from '../optimizer/adamw.ts'

type MaskedOptions = Extract<ObjectiveOptions, { kind: 'mlm' }>

export interface Session {
  readonly config: TrainConfig
  readonly provider: Provider
  readonly model: Model
  readonly adamw: Adamw
  /** Makes batches of rows. */
  readonly objective: (rows: readonly SourceRow[]) => HostBatch
  readonly loader: Loader
  /** Held-out rows in file order. */
  readonly validation: PackedSource
  readonly cost: ModelCost
  readonly estimatedBytes: number
  readonly special: SpecialTokens
  /** Path of tokenizer.json, when there is one. */
  readonly tokenizer: string | undefined
  readonly metadata: PackedSource['metadata']
  /** Hash of what the order of rows follows from: a cursor is worth nothing in another order. */
  readonly orderKey: string
  /** Bytes of the text of tokens; undefined without a tokenizer. */
  readonly bytesOf: ((ids: Iterable<number>) => number) | undefined
  close(): Promise<void>
}

export async function openSession(config: TrainConfig): Promise<Session> {
  const isHeldOut = holdOut(config)
  const train: { source: PackedSource; weight: number }[] = []
  for (const { path, weight } of config.data) {
    const includes = (row: number): boolean => !isHeldOut(row)
    const options = { seed: config.seed, shuffle: config.shuffle, includes }
    train.push({ source: await openPackedSource(resolve(path), options), weight })
  }
  const { metadata } = train[0]!.source
  for (const { source } of train) checkAlike(train[0]!.source, source)
  const validation = interleave(await openHeldOut(config, isHeldOut))
  checkAlike(train[0]!.source, validation)
  if (train.every(({ source }) => source.rows === 0)) {
    throw new ConfigError(`data: no rows in ${config.data.map(({ path }) => path).join(', ')}`)
  }

  const tokenizer = findTokenizer(config)
  const text = tokenizer === undefined ? undefined : await loadTokenizer(tokenizer)
  checkTokenizer(tokenizer, text?.hash, train[0]!.source)
  const special = readSpecialTokens(tokenizer, metadata)
  const hasPairs = config.objective.kind === 'mlm' && config.objective.pairs !== 'none'
  const longest = metadata.sequenceLength + (hasPairs ? PAIR_TOKENS : 0)
  const model = resolveModel(
    { ...config.model, pairHead: hasPairs, dropout: config.dropout },
    { vocabSize: metadata.vocabSize, sequenceLength: longest },
  )
  const isCausal = config.objective.kind === 'clm'
  if (model.causal !== isCausal) {
    throw new ConfigError(
      `objective: ${config.objective.kind} does not train the ${model.family} family`,
      {
        hint: isCausal
          ? 'choose gpt2 or llama, or objective mlm'
          : 'choose bert or roberta, or clm',
      },
    )
  }
  if (config.sample && (!isCausal || text === undefined)) {
    throw new ConfigError(
      isCausal
        ? 'sample: there is no tokenizer.json beside the shards to write text with'
        : `sample: a ${model.family} model does not write text`,
      { hint: isCausal ? 'name one as `tokenizer:`, or leave `sample` out' : 'leave `sample` out' },
    )
  }
  const objective = isCausal ? clm : maskedObjective(config, special, metadata)
  const cost = modelCost(model, metadata.sequenceLength / 2)
  const estimatedBytes = trainingBytes(model, config.batchRows * metadata.sequenceLength)
  const provider = await openProvider(config)
  checkMemory({ estimatedBytes, ...cost }, provider, config)
  const created = createModel(model, { seed: config.seed })
  const adamw = createAdamw(created, config.optimizer, provider.optimizer)
  const loader = createLoader(train, mix32(config.seed ^ 0x5eed))
  return {
    config,
    provider,
    model: created,
    adamw,
    objective,
    loader,
    validation,
    cost,
    estimatedBytes,
    special,
    tokenizer,
    metadata,
    orderKey: orderKey(config, train),
    bytesOf: text && ((ids) => Buffer.byteLength(text.decode(ids))),
    async close() {
      adamw.dispose()
      created.dispose()
      await loader.close()
      await validation.close()
      await provider.close()
    },
  }
}

function orderKey(
  { seed, shuffle, validation }: TrainConfig,
  sources: readonly { source: PackedSource; weight: number }[],
): string {
  const sets = sources.map(({ source, weight }) => [source.rows, weight])
  const heldOut = validation.path === undefined ? validation.share : 0
  return hashText(JSON.stringify([seed, shuffle, heldOut, sets]))
}

/** Packed shards of their own, or the rows held out of every data set. */
async function openHeldOut(
  { validation, data }: TrainConfig,
  isHeldOut: (row: number) => boolean,
): Promise<PackedSource[]> {
  const order = { seed: 0, shuffle: false }
  if (validation.path !== undefined) return [await openPackedSource(validation.path, order)]
  const sources: PackedSource[] = []
  for (const { path } of data) {
    sources.push(await openPackedSource(resolve(path), { ...order, includes: isHeldOut }))
  }
  return sources
}

/** Which rows are for validation: every so many-th, the same for every seed. */
function holdOut({ validation }: TrainConfig): (row: number) => boolean {
  if (validation.path !== undefined || validation.share === 0) return () => false
  const every = Math.max(2, Math.round(1 / validation.share))
  return (row) => row % every === every - 1
}

function checkAlike(first: PackedSource, other: PackedSource): void {
  for (const key of ['sequenceLength', 'vocabSize', 'tokenizerHash'] as const) {
    const [wanted, got] = [first.metadata[key], other.metadata[key]]
    if (wanted === got) continue
    throw new ConfigError(
      `data: ${key} is ${got} in ${other.path}, but ${wanted} in ${first.path}`,
      {
        hint: 'pack all data sets with one tokenizer and one `sequenceLength`',
      },
    )
  }
}

/** The file named, or tokenizer.json beside the packed folder, as a pipeline leaves it. */
function findTokenizer({ tokenizer, data }: TrainConfig): string | undefined {
  if (tokenizer !== undefined) {
    if (existsSync(tokenizer)) return resolve(tokenizer)
    throw new ConfigError(`tokenizer: no file \`${tokenizer}\``)
  }
  const packed = resolve(data[0]!.path)
  const places = [packed, dirname(packed)].flatMap((folder) => [
    join(folder, 'tokenizer.json'),
    join(folder, 'tokenizer', 'tokenizer.json'),
  ])
  return places.find((path) => existsSync(path))
}

/** The shards say which tokenizer wrote them; another one would decode them to nonsense. */
function checkTokenizer(
  path: string | undefined,
  hash: string | undefined,
  { path: shards, metadata }: PackedSource,
): void {
  if (path === undefined || hash === metadata.tokenizerHash) return
  throw new ConfigError(
    `tokenizer: ${path} has hash ${hash}, but ${shards} was packed with ${metadata.tokenizerHash}`,
    {
      hint: 'name the tokenizer.json that packed these shards as `tokenizer:`, or pack them again',
    },
  )
}

function maskedObjective(
  { objective, seed }: TrainConfig,
  special: SpecialTokens,
  metadata: PackedSource['metadata'],
): Session['objective'] {
  const options = objective as MaskedOptions
  const maskId = options.maskId ?? special.maskId
  if (maskId === undefined) {
    throw new ConfigError('objective: the tokenizer has no [MASK] or <mask> token', {
      hint: 'train the tokenizer with a mask token, or name a spare id as `objective.maskId`',
    })
  }
  if (maskId >= metadata.vocabSize) {
    throw new ConfigError(
      `objective: maskId ${maskId} is not below vocabSize ${metadata.vocabSize}`,
    )
  }
  if (options.unit === 'word' && !metadata.hasWordStarts) {
    throw new ConfigError(
      'objective: `unit: word` needs shards with word starts, these have none',
      {
        hint: 'pack with word starts, or set `unit: token`',
      },
    )
  }
  const specialIds = new Set([...special.ids, maskId])
  const pairs = pairMaker(options, special, specialIds, seed)
  const masked = createMlm({ ...options, maskId, specialIds, vocabSize: metadata.vocabSize, seed })
  return pairs ? (rows) => masked(rows.map(pairs)) : masked
}

/** Makes sentence pairs of rows; their ids join the special ones. */
function pairMaker(
  options: MaskedOptions,
  special: SpecialTokens,
  specialIds: Set<number>,
  seed: number,
): ReturnType<typeof createPairs> | undefined {
  const { pairs: kind } = options
  if (kind === 'none') return undefined
  const [clsId, sepId] = [options.clsId ?? special.clsId, options.sepId ?? special.sepId]
  if (clsId === undefined || sepId === undefined) {
    throw new ConfigError(`objective: \`pairs: ${kind}\` needs [CLS] and [SEP] tokens`, {
      hint: 'train the tokenizer with them, or name spare ids as `objective.clsId` and `objective.sepId`',
    })
  }
  specialIds.add(clsId).add(sepId)
  return createPairs({ kind, clsId, sepId, specialIds, seed })
}

/** What a container's limit leaves, where Node tells it (20.13 and later), else the machine. */
function availableBytes(): number {
  const { availableMemory } = process as { availableMemory?: () => number }
  return availableMemory?.() ?? freemem()
}

function checkMemory(
  { estimatedBytes, parameters }: ModelCost & { estimatedBytes: number },
  provider: Provider,
  { batchRows }: TrainConfig,
): void {
  const limit = Math.min(provider.limitBytes ?? Infinity, availableBytes())
  if (estimatedBytes <= limit) return
  const size = (value: number): string => `${(value / 2 ** 30).toFixed(1)} GiB`
  // Parameters, their gradients and two moments stay, whatever goes through the model at once.
  const own = 16 * parameters
  throw new ConfigError(
    `memory: a step needs about ${size(estimatedBytes)}, ${provider.name} has ${size(limit)} here`,
    {
      hint:
        own > limit
          ? `${(parameters / 1e6).toFixed(0)} M parameters with their gradients and moments take ` +
            `${size(own)}: choose a smaller \`model\``
          : `lower \`batchRows\` (now ${batchRows}) and raise \`accumulate\` by as much`,
    },
  )
}
