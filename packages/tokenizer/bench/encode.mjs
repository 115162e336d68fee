// Encoding speed and equality beside the engines on npm, in one run on the same documents.
//
//   node packages/tokenizer/bench/encode.mjs --text FOLDER --peers FOLDER [--mb 4] [--equality MB]
//
// --text   a folder with en-*.txt and zh-*.txt
// --peers  a folder where these were installed, outside the repository:
//          npm i tokenizers@0.23.2 kitoken@0.10.1 tiktoken@1.0.22 @huggingface/tokenizers@0.2.0
//          and `tokenizer.json`, a byte-level BPE tokenizer trained by any tool
// CPU time is process.cpuUsage (user and system) of the calling process, documents are 4 KB, each
// engine runs once to warm up and once to be measured; 10^6 "a" in a new process each. Equality: ids of every document of --equality
// MB of every text against npm tiktoken (its three encodings) and npm tokenizers (tokenizer.json).
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadTokenizer } from '../dist/load.js'
import { loadTiktoken, tiktokenSpecials } from '../dist/load-tiktoken.js'

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    peers: { type: 'string' },
    mb: { type: 'string', default: '4' },
    equality: { type: 'string', default: '0' },
    letters: { type: 'string' },
  },
})
if (!values.peers || !(values.text || values.letters))
  throw new Error('usage: encode.mjs --text FOLDER --peers FOLDER')
const require = createRequire(resolve(values.peers, 'package.json'))
const documentLength = 4096

/** Documents of about 4 KB, cut at characters. */
function documentsOf(file, megabytes) {
  const bytes = readFileSync(join(values.text, file))
  const part = bytes.subarray(0, Math.min(bytes.length, megabytes * 1e6))
  const documents = []
  for (let at = 0; at < part.length;) {
    let end = Math.min(part.length, at + documentLength)
    while (end < part.length && (part[end] & 0xc0) === 0x80) end++
    documents.push(part.subarray(at, end).toString('utf8'))
    at = end
  }
  return documents
}

function ranksOf(name) {
  const file = resolve(values.peers, `node_modules/tiktoken/encoders/${name}.json`)
  const ranks = []
  for (const line of JSON.parse(readFileSync(file, 'utf8')).bpe_ranks.split('\n')) {
    const [, first, ...tokens] = line.split(' ')
    for (const [i, token] of tokens.entries()) {
      ranks[Number(first) + i] = new Uint8Array(Buffer.from(token, 'base64'))
    }
  }
  return ranks
}

/** CPU milliseconds of encoding all documents; `encode` may be async (batches of 256). */
async function measure(documents, encode, batch = 0) {
  const run = async () => {
    let tokens = 0
    if (batch > 0) {
      for (let i = 0; i < documents.length; i += batch) {
        for (const ids of await encode(documents.slice(i, i + batch))) tokens += ids.length
      }
    } else for (const document of documents) tokens += encode(document).length
    return tokens
  }
  await run()
  const start = process.cpuUsage()
  const tokens = await run()
  const { user, system } = process.cpuUsage(start)
  return { tokens, milliseconds: (user + system) / 1000 }
}

const encodings = { gpt2: 'gpt2', cl100k_base: 'cl100k', o200k_base: 'o200k' }
const own = resolve(values.peers, 'tokenizer.json')
const plain = { specials: 'text' }

async function loadOurs(name) {
  const pattern = encodings[name]
  if (pattern === undefined) return loadTokenizer(own)
  return loadTiktoken(ranksOf(name), pattern, tiktokenSpecials[pattern])
}

if (values.letters) {
  const ours = await loadOurs(values.letters)
  const letters = 'a'.repeat(1_000_000)
  const calls = Array.from({ length: 3 }, () => {
    const start = process.cpuUsage()
    const { length } = ours.encode(letters)
    const { user, system } = process.cpuUsage(start)
    return { length, milliseconds: ((user + system) / 1000).toFixed(0) }
  })
  const times = calls.map(({ milliseconds }) => milliseconds).join(', ')
  process.stdout.write(
    `${values.letters}: 10^6 "a", first calls of a process: ${times} ms CPU, ${calls[0].length} ids\n`,
  )
  process.exit()
}

const files = readdirSync(values.text).filter((name) => /^(en|zh)-.*\.txt$/.test(name))
const { get_encoding: getEncoding } = require('tiktoken')
const hf = require('tokenizers')
const oursByName = new Map()
for (const name of Object.keys(encodings)) oursByName.set(name, await loadOurs(name))
if (existsSync(own)) oursByName.set('tokenizer.json', await loadOurs('tokenizer.json'))
async function kitokenOf(path) {
  const { Kitoken } = require('kitoken/node')
  return new Kitoken(new Uint8Array(readFileSync(path)))
}

process.stdout.write(
  'vocabulary      text                        ours MB/s   peer                    peer MB/s   ratio  tokens\n',
)
for (const file of files) {
  const documents = documentsOf(file, Number(values.mb))
  const megabytes = documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6
  for (const [name, ours] of oursByName) {
    const mine = await measure(documents, (text) => ours.encode(text, plain))
    const peers = []
    if (name === 'tokenizer.json') {
      const native = hf.Tokenizer.fromFile(own)
      peers.push([
        'tokenizers batch',
        await measure(
          documents,
          async (texts) => (await native.encodeBatch(texts)).map((e) => e.getIds()),
          256,
        ),
      ])
      const small = documents.slice(0, Math.ceil(documents.length / 4))
      const one = await measure(small, async ([text]) => [(await native.encode(text)).getIds()], 1)
      peers.push(['tokenizers one by one', scaled(one, small, documents)])
      const kitoken = await kitokenOf(own)
      peers.push(['kitoken', await measure(documents, (text) => kitoken.encode(text, true))])
    } else {
      const encoding = getEncoding(name)
      peers.push(['tiktoken', await measure(documents, (text) => encoding.encode_ordinary(text))])
      encoding.free()
    }
    for (const [peer, { tokens, milliseconds }] of peers) {
      const [a, b] = [(megabytes * 1000) / mine.milliseconds, (megabytes * 1000) / milliseconds]
      const equal =
        tokens === mine.tokens || peer.endsWith('one by one')
          ? 'equal'
          : `DIFFER ${tokens} ${mine.tokens}`
      process.stdout.write(
        `${name.padEnd(16)}${file.padEnd(28)}${a.toFixed(1).padStart(9)}   ${peer.padEnd(22)}${b.toFixed(2).padStart(11)}${(a / b).toFixed(1).padStart(8)}  ${equal}\n`,
      )
    }
  }
}

function scaled({ tokens, milliseconds }, part, all) {
  const bytes = (texts) => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  return { tokens, milliseconds: (milliseconds * bytes(all)) / bytes(part) }
}

for (const name of oursByName.keys()) {
  const args = [fileURLToPath(import.meta.url), `--peers=${values.peers}`, `--letters=${name}`]
  process.stdout.write(execFileSync(process.execPath, args))
}

if (Number(values.equality) > 0) {
  for (const [name, ours] of oursByName) {
    const encoding = name === 'tokenizer.json' ? undefined : getEncoding(name)
    const native = encoding ? undefined : hf.Tokenizer.fromFile(own)
    for (const file of files) {
      let [differing, tokens] = [0, 0]
      const documents = documentsOf(file, Number(values.equality))
      for (let i = 0; i < documents.length; i += 256) {
        const batch = documents.slice(i, i + 256)
        const expected = encoding
          ? batch.map((text) => encoding.encode_ordinary(text))
          : (await native.encodeBatch(batch)).map((e) => e.getIds())
        for (const [k, text] of batch.entries()) {
          const ids = ours.encode(text, plain)
          tokens += ids.length
          if (ids.length !== expected[k].length || !ids.every((id, j) => id === expected[k][j]))
            differing++
        }
      }
      process.stdout.write(
        `${name} ${file}: ${documents.length} documents, ${tokens} ids, ${differing} differ\n`,
      )
    }
    encoding?.free()
  }
}
