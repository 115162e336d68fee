// Packing speed and fill on real documents.
//
//   node packages/tokenizer/bench/pack.mjs --text FOLDER --tokenizer FILE [--mb 8] [--length 2048]
//
// Documents are runs of lines of 200 to 60,000 bytes, log-uniform. "place" is packing alone (a sink
// that only counts), "write" adds the Arrow file; MB are bytes of the text that the tokens stand for.
// CPU time of the process. Tokens lost are counted from the shard, read back.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seeded } from '../../core/dist/random.js'
import { loadTokenizer } from '../dist/load.js'
import { fillOf, Packer, packModes } from '../dist/pack.js'
import { PackedShardReader } from '../dist/packed-shard.js'
import { PackedShardWriter } from '../dist/packed-shard-writer.js'

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    tokenizer: { type: 'string' },
    mb: { type: 'string', default: '8' },
    length: { type: 'string', default: '2048' },
  },
})
if (!values.text || !values.tokenizer)
  throw new Error('usage: pack.mjs --text FOLDER --tokenizer FILE')
const tokenizer = await loadTokenizer(values.tokenizer)
const sequenceLength = Number(values.length)
const random = seeded(3)
const documents = []
let textBytes = 0
for (const file of readdirSync(values.text).filter((name) => name.endsWith('.txt'))) {
  const bytes = readFileSync(join(values.text, file)).subarray(0, Number(values.mb) * 1e6)
  for (let at = 0; at < bytes.length;) {
    const size = 200 * 300 ** random.next()
    let end = bytes.indexOf(10, Math.min(bytes.length - 1, at + size)) + 1
    if (end === 0) end = bytes.length
    while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end++
    const ids = tokenizer.encodeBytes(bytes.subarray(at, end))
    documents.push({ id: `${file}:${at}`, ids })
    textBytes += end - at
    at = end
  }
}
const tokens = documents.reduce((sum, { ids }) => sum + ids.length, 0)
process.stdout.write(
  `${documents.length} documents, ${(textBytes / 1e6).toFixed(1)} MB, ${tokens} tokens, rows of ${sequenceLength}\n` +
    'mode           place MB/s  write MB/s     fill   cut   rows  lost\n',
)
const folder = mkdtempSync(join(tmpdir(), 'shardmill-pack-'))
// Unmeasured: the disk's own cost and the first compilation.
for (const mode of packModes) run(mode, { addPiece() {}, endRow() {} })
for (const mode of packModes) {
  const place = measure(() => run(mode, { addPiece() {}, endRow() {} }))
  const path = join(folder, `${mode}.arrow`)
  const write = measure(() => {
    const writer = new PackedShardWriter(path, {
      sequenceLength,
      vocabSize: tokenizer.vocabSize,
      tokenizerHash: tokenizer.hash,
      padId: 0,
      hasWordStarts: false,
    })
    const packer = run(mode, writer)
    writer.commit()
    return packer
  })
  const { statistics } = write.result
  let read = 0
  const reader = await PackedShardReader.open(path)
  for await (const batch of reader.batches())
    for (const length of batch.pieceLengths) read += length
  await reader.close()
  const lost = tokens + statistics.addedTokens - read
  const speed = ({ seconds }) => (textBytes / 1e6 / seconds).toFixed(0).padStart(12)
  process.stdout.write(
    `${mode.padEnd(13)}${speed(place)}${speed(write)}  ${(100 * fillOf(statistics)).toFixed(3)} %` +
      `${String(statistics.splitDocuments).padStart(6)}${String(statistics.rows).padStart(7)}${String(lost).padStart(6)}\n`,
  )
}
rmSync(folder, { recursive: true })

function run(mode, sink) {
  const packer = new Packer({ mode, sequenceLength, bosId: 0 }, sink)
  for (const document of documents) packer.add(document)
  packer.finish()
  return packer
}

function measure(work) {
  const start = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(start)
  return { result, seconds: (user + system) / 1e6 }
}
