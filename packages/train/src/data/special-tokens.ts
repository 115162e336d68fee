// Ids with a meaning: from the shards' metadata and the added tokens of tokenizer.json.
import { readFileSync } from 'node:fs'
import type { PackedShardMetadata } from '@shardmill/tokenizer/packed-shard'

export interface SpecialTokens {
  readonly eosId: number | undefined
  readonly bosId: number | undefined
  readonly padId: number
  readonly maskId: number | undefined
  /** All of them: never masked. */
  readonly ids: ReadonlySet<number>
}

/** Reads what there is; without a tokenizer file only what the shards say. */
export function readSpecialTokens(
  path: string | undefined,
  { eosId, bosId, padId }: PackedShardMetadata,
): SpecialTokens {
  const ids = new Set<number>()
  for (const id of [eosId, bosId, padId]) if (id !== undefined) ids.add(id)
  let maskId: number | undefined
  if (path !== undefined) {
    const json = JSON.parse(readFileSync(path, 'utf8')) as {
      added_tokens?: { id: number; content: string; special?: boolean }[]
    }
    for (const { id, content, special } of json.added_tokens ?? []) {
      if (special === true) ids.add(id)
      if (/^(\[MASK\]|<mask>|<\|mask\|>)$/.test(content)) maskId = id
    }
  }
  return { eosId, bosId, padId, maskId, ids }
}
