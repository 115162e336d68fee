// Writes token files that other trainers read: from texts, one sequence per document, or from packed
// shards, one sequence per row.
import { parseArgs } from 'node:util'
import { ConfigError, InputError } from '@shardmill/core/errors'
import { exporters, type Exporter, type ExportFormat } from '@shardmill/tokenizer/export/index'
import { PackedShardReader } from '@shardmill/tokenizer/packed-shard'
import { readTokens, withEnd } from '@shardmill/tokenizer/token-documents'
import { eosOption, oneOf, openTokenizer, plainDocuments } from './options.ts'

const formats = Object.keys(exporters) as ExportFormat[]

/** `tokenizer export --format FORMAT --output PATH (--packed SHARD … | --tokenizer FILE INPUT …)`. */
export async function exportTokens(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      format: { type: 'string' },
      output: { type: 'string' },
      packed: { type: 'boolean', default: false },
      tokenizer: { type: 'string' },
      eos: { type: 'string' },
      documents: { type: 'string', default: 'line' },
    },
  })
  const format = oneOf('format', values.format ?? '', formats)
  const { output } = values
  if (output === undefined) throw new ConfigError('expected --output PATH')
  if (positionals.length === 0) throw new ConfigError('expected input files')
  const open = (vocabSize: number, tokenizerName: string): Exporter =>
    exporters[format](output, { vocabSize, tokenizerName })
  let exporter: Exporter
  if (values.packed) {
    exporter = await exportPacked(positionals, open)
  } else {
    const tokenizer = await openTokenizer(values.tokenizer)
    exporter = open(tokenizer.vocabSize, values.tokenizer!)
    const eosId = eosOption(tokenizer, values.eos) ?? undefined
    const plain = plainDocuments(values.documents)
    try {
      for await (const document of readTokens(positionals, tokenizer, false, plain)) {
        exporter.add(withEnd(document, eosId).ids)
      }
    } catch (error) {
      exporter.close()
      throw error
    }
  }
  const { sequences, tokens, files } = exporter.commit()
  process.stdout.write(`${sequences} sequences, ${tokens} tokens\n${files.join('\n')}\n`)
  return 0
}

/** All rows of packed shards, padding included: every sequence has the same length. */
async function exportPacked(
  paths: readonly string[],
  open: (vocabSize: number, tokenizerName: string) => Exporter,
): Promise<Exporter> {
  let exporter: Exporter | undefined
  let hash = ''
  try {
    for (const path of paths) {
      const reader = await PackedShardReader.open(path)
      const { vocabSize, tokenizerHash, sequenceLength } = reader.metadata
      exporter ??= open(vocabSize, tokenizerHash)
      if (hash !== '' && hash !== tokenizerHash) {
        throw new InputError(`${path}: made by another tokenizer (${tokenizerHash}) than ${hash}`)
      }
      hash = tokenizerHash
      for await (const { rows, inputIds } of reader.batches()) {
        for (let row = 0; row < rows; row++) {
          exporter.add(inputIds.subarray(row * sequenceLength, (row + 1) * sequenceLength))
        }
      }
      await reader.close()
    }
  } catch (error) {
    exporter?.close()
    throw error
  }
  return exporter!
}
