// The index that a run keeps of its documents for later runs (`index: true` of a corpus stage): shards in
// `index/<stage>/` with one row per kept document, `id`, `url` and what the stage's `describe` said of
// it. The recipe that made the descriptions stands in the schema of every shard; an index is only read
// when the run is finished and its recipe is the reader's.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigError } from '@shardmill/core'
import type { Columns } from '@shardmill/core/columns'
import { ShardReader } from '@shardmill/core/shard-reader'
import type { Report } from './report/report.ts'

export const indexColumns = {
  id: 'utf8',
  url: 'utf8',
  description: 'binary',
} as const satisfies Columns

export interface IndexShard {
  /** Absolute. */
  readonly path: string
  readonly rows: number
  readonly bytes: number
  readonly xxh64: string
}

export interface CorpusIndexFiles {
  readonly recipe: string
  readonly shards: readonly IndexShard[]
}

/**
 * The index that `stage` made in an earlier run, given by its folder or its name. Throws `ConfigError`
 * when there is none, the run is not finished, or shards are missing.
 */
export async function readIndex(
  run: string,
  stage: string,
  folder: string,
): Promise<CorpusIndexFiles> {
  const places = [resolve(folder, run), resolve(folder, 'shards', run)]
  const path = places.find((place) => existsSync(join(place, 'report.json')))
  if (path === undefined) {
    throw new ConfigError(`no finished run in \`${run}\`: ${places[0]} has no report.json`)
  }
  const report = JSON.parse(readFileSync(join(path, 'report.json'), 'utf8')) as Report
  const shards = report.shards
    .filter(({ name }) => name.startsWith(`index/${stage}/`))
    .map(({ name, rows, bytes, xxh64 }) => ({ path: join(path, name), rows, bytes, xxh64 }))
  if (shards.length === 0) {
    throw new ConfigError(
      `the run in \`${run}\` keeps no index of ${stage}; run it again with \`${stage}: { index: true }\``,
    )
  }
  for (const shard of shards) {
    const bytes = statSync(shard.path, { throwIfNoEntry: false })?.size
    if (bytes !== shard.bytes) {
      throw new ConfigError(
        `${shard.path}: expected ${shard.bytes} bytes, ${bytes === undefined ? 'the file is missing' : `it has ${bytes}`}; run that pipeline again`,
      )
    }
  }
  const reader = await ShardReader.open(shards[0]!.path)
  try {
    return { recipe: reader.metadata.get('recipe') ?? '', shards }
  } finally {
    await reader.close()
  }
}
