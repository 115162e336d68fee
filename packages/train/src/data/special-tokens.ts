// Ids with a meaning: from the shards' metadata and the added tokens of tokenizer.json.
import { readFileSync } from 'node:fs'
import type { PackedShardMetadata } from '@shardmill/tokenizer/packed-shard'

export interface SpecialTokens {
  readonly eosId: number | undefined
  readonly bosId: number | undefined
  readonly padId: number
  readonly maskId: number | undefined
  /** Begin and separate sentence pairs. */
  readonly clsId: number | undefined
  readonly sepId: number | undefined
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
  const named: Record<'maskId' | 'clsId' | 'sepId', number | undefined> = {
    maskId: undefined,
    clsId: undefined,
    sepId: undefined,
  }
  if (path !== undefined) {
    const json = JSON.parse(readFileSync(path, 'utf8')) as {
      added_tokens?: { id: number; content: string; special?: boolean }[]
    }
    for (const { id, content, special } of json.added_tokens ?? []) {
      if (special === true) ids.add(id)
      if (/^(\[MASK\]|<mask>|<\|mask\|>)$/.test(content)) named.maskId = id
      if (/^(\[CLS\]|<s>|<cls>)$/.test(content)) named.clsId = id
      if (/^(\[SEP\]|<\/s>|<sep>)$/.test(content)) named.sepId = id
    }
  }
  return { eosId, bosId, padId, ...named, ids }
}
