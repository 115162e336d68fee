// Packs a text file (documents separated by blank lines, or of a fixed size) with a tokenizer.json
// into rows for the benches: node pack-text.js TEXT TOKENIZER.json OUTDIR [--length 256] [--mb 8]
// Greedy, in order; the product's packer is `shardmill tokenizer pack`.
import { openSync, readSync } from 'node:fs'
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadTokenizer } from '@shardmill/tokenizer/load'
import { PackedShardWriter } from '@shardmill/tokenizer/packed-shard-writer'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { length: { type: 'string', default: '256' }, mb: { type: 'string', default: '8' } },
})
const [text, tokenizerPath, out] = positionals
const length = Number(values.length)
const bytes = Buffer.alloc(Number(values.mb) * 1e6)
const read = readSync(openSync(text, 'r'), bytes, 0, bytes.length, 0)
const paragraphs = bytes.toString('utf8', 0, read).split(/\n\s*\n/)
const tokenizer = await loadTokenizer(tokenizerPath)
const eosId = tokenizer.idOf('<|endoftext|>')
mkdirSync(out, { recursive: true })
copyFileSync(tokenizerPath, join(dirname(out), 'tokenizer.json'))
const writer = new PackedShardWriter(join(out, 'part-00000.arrow'), {
  sequenceLength: length,
  vocabSize: tokenizer.vocabSize,
  tokenizerHash: tokenizer.hash,
  padId: eosId,
  eosId,
  hasWordStarts: false,
})
// Documents of about 900 characters: a few paragraphs.
let [free, doc, tokens] = [length, 0, 0]
let open = ''
for (const paragraph of paragraphs) {
  open += `${paragraph.trim().replace(/\s+/g, ' ')}\n`
  if (open.length < 900) continue
  const ids = Int32Array.from([...tokenizer.encode(open), eosId])
  open = ''
  for (let from = 0; from < ids.length;) {
    const to = Math.min(ids.length, from + free)
    writer.addPiece({ ids, from, to, offset: from, docId: `d${doc}` })
    free -= to - from
    tokens += to - from
    from = to
    if (free > 0) continue
    writer.endRow()
    free = length
  }
  doc++
}
writer.commit()
process.stdout.write(`${doc} documents, ${tokens} tokens, ${writer.rows} rows\n`)
