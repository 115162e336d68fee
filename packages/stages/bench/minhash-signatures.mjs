// Signatures of minhash-dedup beside datatrove's, on the same documents in one run, and of simhash-dedup.
//   node packages/stages/bench/minhash-signatures.mjs TEXT_FOLDER PYTHON [MEGABYTES] [ROUNDS]
// TEXT_FOLDER holds en-books.txt and zh-news.txt; PYTHON has datatrove[processing], spacy, jieba, orjson.
//
// Both sides go from the text to the values of all 14 bands of 8 rows, one core, CPU time of the process
// (user and system), in turn, least of the rounds. Ours includes word splitting and segmentation, band
// keys and sketches; reading the file, loading dictionaries and one untimed document are outside both.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Document } from '@shardmill/core/document'
import { minhashDedup } from '@shardmill/stages/dedup/minhash-dedup'
import { simhashDedup } from '@shardmill/stages/dedup/simhash-dedup'
import { readChineseIssues, readEnglish } from './documents.mjs'

const [folder, python, megabytes = '8', rounds = '3'] = process.argv.slice(2)
if (folder === undefined || python === undefined) {
  throw new Error(
    'usage: node packages/stages/bench/minhash-signatures.mjs TEXT_FOLDER PYTHON [MEGABYTES] [ROUNDS]',
  )
}
const maxBytes = Number(megabytes) * 1e6
const peerBytes = { en: 2e6, zh: 0.4e6 }

const sets = { en: readEnglish(folder, maxBytes), zh: upTo(readChineseIssues(folder), maxBytes) }
const scratch = mkdtempSync(join(tmpdir(), 'signatures-'))
try {
  console.log(
    `${cpus().length} cores, Node ${process.version}, CPU time, least of ${rounds} rounds`,
  )
  for (const [name, texts] of Object.entries(sets)) {
    // datatrove gets a part of the same documents: its speed does not depend on how many there are.
    const part = upTo(texts, peerBytes[name])
    const path = join(scratch, `${name}.jsonl`)
    writeFileSync(path, part.map((text) => `${JSON.stringify({ text })}\n`).join(''))
    const speeds = { shardmill: 0, 'shardmill, compat': 0, 'shardmill, simhash': 0, datatrove: 0 }
    for (let round = 0; round < Number(rounds); round++) {
      raise(speeds, 'shardmill', await sign(texts, minhashDedup, {}))
      raise(speeds, 'shardmill, compat', await sign(texts, minhashDedup, { compat: 'datatrove' }))
      raise(speeds, 'shardmill, simhash', await sign(texts, simhashDedup, {}))
      raise(speeds, 'datatrove', signTheirs(path, name, part))
    }
    for (const [tool, speed] of Object.entries(speeds)) {
      console.log(
        `${name} ${String(texts.length).padStart(6)} documents ${(bytesOf(texts) / 1e6).toFixed(1)} MB` +
          `  ${tool.padEnd(18)} ${speed.toFixed(2).padStart(6)} MB/s  x${(speed / speeds.datatrove).toFixed(1)}`,
      )
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** MB/s of our stage from text to exchange records. */
async function sign(texts, stage, options) {
  const pass = await stage.create(stage.options.parse(options))
  let records = 0
  const count = () => void records++
  for (const text of texts.slice(0, 20)) pass.emit(new Document({ id: '', text }), count)
  const documents = texts.map((text, id) => new Document({ id: String(id), text }))
  globalThis.gc?.()
  const startedAt = process.cpuUsage()
  for (const document of documents) pass.emit(document, count)
  const { user, system } = process.cpuUsage(startedAt)
  if (records < 14 * texts.length) throw new Error('documents without signature')
  return bytesOf(texts) / (user + system)
}

function signTheirs(path, language, texts) {
  const script = join(import.meta.dirname, 'minhash-signatures.py')
  const output = execFileSync(python, [script, path, language], { encoding: 'utf8' })
  return bytesOf(texts) / 1e6 / JSON.parse(output.trim().split('\n').at(-1)).seconds
}

function raise(speeds, tool, speed) {
  speeds[tool] = Math.max(speeds[tool], speed)
}

function upTo(texts, limit) {
  let bytes = 0
  return texts.filter((text) => (bytes += Buffer.byteLength(text)) <= limit)
}

function bytesOf(texts) {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}
