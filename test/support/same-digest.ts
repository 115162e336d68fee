// For tests that say: the same bytes, whatever the spread of records, the workers and the crashes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readDocuments } from '@shardmill/core/document-shard'
import { readBatches } from '@shardmill/core/shard-reader'
import type { Document } from '@shardmill/core'
import { expect } from 'vitest'
import { toJsonl, type Row } from './documents.ts'
import { resultOf, runCommand } from './run-pipeline.ts'

/** Spreads rows over files of a folder, in order; answers the glob that reads them. */
export function splitRows(folder: string, rows: readonly Row[], files: number): string {
  const name = `split-${files}`
  mkdirSync(join(folder, name))
  const size = Math.ceil(rows.length / files)
  for (let i = 0; i < files; i++) {
    const part = rows.slice(i * size, (i + 1) * size)
    writeFileSync(join(folder, name, `part-${String(i).padStart(2, '0')}.jsonl`), toJsonl(part))
  }
  return `${name}/*.jsonl`
}

export interface PipelineFile {
  readonly input: string
  readonly taskBytes: string
  readonly shardBytes: string
  readonly stages: readonly string[]
}

/** Writes `<name>.yaml`, which keeps what it drops. */
export function writePipeline(
  folder: string,
  name: string,
  { input, taskBytes, shardBytes, stages }: PipelineFile,
): string {
  const settings = { input, taskBytes, shardBytes, keepDropped: true }
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}`)
  lines.push('stages:', ...stages.map((stage) => `  - ${stage}`), '')
  writeFileSync(join(folder, `${name}.yaml`), lines.join('\n'))
  return `${name}.yaml`
}

/** Runs a pipeline, which must succeed; the digest of all that it made. */
export async function digestOf(folder: string, file: string, workers: number): Promise<string> {
  const args = ['pipeline', 'run', file, '--json', '--workers', String(workers)]
  const run = await runCommand({ folder, args })
  expect(run.code, run.stderr).toBe(0)
  return resultOf(run).digest
}

/** All documents of a shard. */
export async function readShard(path: string): Promise<Document[]> {
  const documents: Document[] = []
  for await (const batch of readBatches(path)) documents.push(...readDocuments(batch))
  return documents
}
