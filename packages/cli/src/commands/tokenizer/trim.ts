// Drops the tokens that texts do not use, and writes the map of ids for cutting embeddings.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { commitFile } from '@shardmill/core/store'
import { readTexts } from '@shardmill/tokenizer/text-source'
import { trimTokenizer } from '@shardmill/tokenizer/trim'
import { openTokenizer, plainDocuments, readTokenizerJson, wholeNumber } from './options.ts'

/** `tokenizer trim --tokenizer FILE --output FOLDER INPUT …`. */
export async function trim(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tokenizer: { type: 'string' },
      output: { type: 'string' },
      documents: { type: 'string', default: 'line' },
      'min-count': { type: 'string', default: '1' },
    },
  })
  const { output } = values
  if (output === undefined) throw new ConfigError('expected --output FOLDER')
  if (positionals.length === 0) throw new ConfigError('expected texts that show what is used')
  const minCount = wholeNumber('min-count', values['min-count'], 1)
  const plain = plainDocuments(values.documents)
  const source = readTokenizerJson(values.tokenizer)
  const tokenizer = await openTokenizer(source.path)
  const counts = new Float64Array(tokenizer.vocabSize)
  for await (const { text } of readTexts(positionals, plain)) {
    for (const id of tokenizer.encode(text)) counts[id]!++
  }
  const { json, idMap, vocabSize } = trimTokenizer(source.json, (id) => counts[id]! >= minCount)
  if (source.config) commitFile(join(output, 'tokenizer_config.json'), readFileSync(source.config))
  commitFile(join(output, 'id-map.json'), `${JSON.stringify(Array.from(idMap))}\n`)
  commitFile(join(output, 'tokenizer.json'), `${JSON.stringify(json, undefined, 2)}\n`)
  process.stdout.write(
    `${join(output, 'tokenizer.json')}: ${vocabSize} of ${idMap.length} tokens stay; ` +
      `id-map.json has the new id of every old one, -1 for none\n`,
  )
  return 0
}
