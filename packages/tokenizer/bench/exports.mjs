// Writes the same random sequences in every export format, for bench/exports.py to open with the real
// readers. Run: node packages/tokenizer/bench/exports.mjs OUT
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '../../core/dist/random.js'
import { exporters } from '../dist/export/index.js'

const out = process.argv[2]
if (!out) throw new Error('usage: exports OUT')
const random = seeded(1)
const sequences = Array.from({ length: 2000 }, () =>
  Int32Array.from({ length: 1 + random.below(700) }, () => random.below(50_000)),
)
mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'expected.json'), JSON.stringify(sequences.map((ids) => [...ids])))
for (const [format, create] of Object.entries(exporters)) {
  const exporter = create(join(out, format, 'out'), { vocabSize: 50_000, tokenizerName: 'bench' })
  for (const ids of sequences) exporter.add(ids)
  const { tokens, files } = exporter.commit()
  process.stdout.write(`${format}: ${tokens} tokens, ${files.length} files\n`)
}
