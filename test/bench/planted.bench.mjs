// Recall and precision of minhash-dedup on planted pairs: real texts and copies of them in which words
// are replaced until the Jaccard similarity of their word 5-shingles is what was asked for, computed
// exactly. The real command runs on them. Beside pairs there are chains of copies of copies, which
// must not grow into clusters of dissimilar documents.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Document } from '../../packages/core/dist/document.js'
import { seeded } from '../../packages/core/dist/random.js'
import { wordKind } from '../../packages/core/dist/words.js'
import {
  clustersOf,
  jaccard,
  leastSimilarity,
  readKeepers,
  shinglesOf,
} from './near-duplicates.mjs'
import { printTable, runPipeline } from './run.mjs'

const help = `usage: pnpm bench planted TEXT [TEXT ...]

  TEXT  plain text files, one language each, e.g. books.txt news.txt

  --pairs N        pairs per similarity and file (default 200)
  --words N        words per document (default 400)
  --at LIST        similarities (default 0.5,0.55,…,1)
  --threshold T    option of minhash-dedup (default 0.75)
`

const chainLength = 12
const chains = 20

export async function bench(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      pairs: { type: 'string', default: '200' },
      words: { type: 'string', default: '400' },
      at: { type: 'string', default: '0.5,0.55,0.6,0.65,0.7,0.75,0.8,0.85,0.9,0.95,1' },
      threshold: { type: 'string', default: '0.75' },
    },
  })
  if (values.help || positionals.length === 0) return console.log(help)
  for (const path of positionals) {
    console.log(`${path.split('/').at(-1)}, threshold ${values.threshold}`)
    await benchText(readFileSync(path, 'utf8'), {
      pairs: Number(values.pairs),
      words: Number(values.words),
      similarities: values.at.split(',').map(Number),
      threshold: Number(values.threshold),
    })
  }
}

async function benchText(source, { pairs, words, threshold, similarities }) {
  const random = seeded(11)
  const numbers = new Map()
  const pieces = cut(source, words)
  const vocabulary = pieces.slice(0, 50).flatMap(({ tokens }) => tokens)
  const documents = []
  const sets = []
  const add = (text, of) => {
    documents.push({ id: String(documents.length), text, of })
    sets.push(shinglesOf(text, numbers))
    return documents.length - 1
  }
  let next = 0
  for (const similarity of similarities) {
    for (let pair = 0; pair < pairs; pair++) {
      const piece = pieces[next++ % pieces.length]
      const original = add(piece.text)
      add(
        similarity === 1 ? `${piece.text}\n` : edit(piece, similarity, random, vocabulary, numbers),
        original,
      )
    }
  }
  const pairEnd = documents.length
  for (let chain = 0; chain < chains; chain++) {
    let piece = pieces[next++ % pieces.length]
    for (let link = 0; link < chainLength; link++) {
      add(piece.text)
      const text = edit(piece, 0.9, random, vocabulary, numbers)
      piece = { text, ...tokensOf(text) }
    }
  }
  if (next > pieces.length)
    console.log(`only ${pieces.length} texts for ${next} originals: fewer pairs, please`)
  const folder = mkdtempSync(join(tmpdir(), 'planted-'))
  try {
    // Copies far from their originals.
    const order = documents
      .map((_, i) => i)
      .toSorted((a, b) => (documents[a].of ?? -1) - (documents[b].of ?? -1) || a - b)
    writeFileSync(
      join(folder, 'in.jsonl'),
      order
        .map((i) => `${JSON.stringify({ id: documents[i].id, text: documents[i].text })}\n`)
        .join(''),
    )
    writeFileSync(
      join(folder, 'run.yaml'),
      `input: in.jsonl\ntaskBytes: 1MB\nstages:\n  - minhash-dedup: { threshold: ${threshold} }\n`,
    )
    const { code, stderr } = await runPipeline('run.yaml', { folder })
    if (code !== 0) throw new Error(stderr)
    const keepers = []
    for (const [at, keeper] of readKeepers(join(folder, 'shards/run')).entries()) {
      keepers[order[at]] = keeper === undefined ? undefined : order[keeper]
    }
    report({ documents, sets, keepers, pairEnd, threshold, similarities })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function report({ documents, sets, keepers, pairEnd, threshold, similarities }) {
  const rows = new Map(
    similarities.map((similarity) => [similarity, { pairs: 0, sum: 0, found: 0 }]),
  )
  for (let copy = 0; copy < pairEnd; copy++) {
    const original = documents[copy].of
    if (original === undefined) continue
    const similarity = jaccard(sets[original], sets[copy])
    const row = rows.get(Math.round(similarity * 20) / 20)
    if (!row) continue
    row.pairs++
    row.sum += similarity
    if (keepers[copy] === original || keepers[original] === copy) row.found++
  }
  const cells = [...rows].map(([similarity, { pairs, sum, found }]) => {
    return [
      similarity.toFixed(2),
      pairs,
      (sum / pairs).toFixed(3),
      found,
      (found / pairs).toFixed(3),
    ]
  })
  printTable([['Jaccard', 'pairs', 'mean', 'found', 'share'], ...cells])
  const dropped = keepers.flatMap((keeper, own) =>
    keeper === undefined ? [] : [jaccard(sets[own], sets[keeper])],
  )
  const right = dropped.filter((similarity) => similarity >= threshold).length
  const clusters = clustersOf(keepers)
  console.log(
    `${dropped.length} dropped, ${right} of them for a document of similarity ${threshold} or more: precision ` +
      `${(right / dropped.length).toFixed(4)}, least similarity ${Math.min(...dropped).toFixed(3)}`,
  )
  console.log(
    `${clusters.length} clusters, the largest of ${Math.max(...clusters.map(({ length }) => length))}, ` +
      `least similarity within one ${leastSimilarity(clusters, sets).toFixed(3)}`,
  )
}

/** Pieces of `count` words, between word borders, each with its word spans. */
function cut(source, count) {
  const pieces = []
  for (let from = 0; from < source.length;) {
    const part = source.slice(from, from + count * 12)
    const { tokens, spans } = tokensOf(part)
    if (tokens.length < count) break
    const end = spans[count - 1][1]
    pieces.push({
      text: part.slice(0, end),
      tokens: tokens.slice(0, count),
      spans: spans.slice(0, count),
    })
    from += end
  }
  return pieces
}

function tokensOf(text) {
  const { words } = new Document({ id: '', text })
  const spans = []
  for (let i = 0; i < words.count; i++) {
    if (words.kinds[i] !== wordKind.symbol) spans.push([words.starts[i], words.ends[i]])
  }
  return { tokens: spans.map(([start, end]) => text.slice(start, end)), spans }
}

/** A copy in which so many words are replaced as bring the similarity nearest to `wanted`. */
function edit(piece, wanted, random, vocabulary, numbers) {
  const set = shinglesOf(piece.text, numbers)
  const order = piece.spans
    .map((_, i) => ({ i, rank: random.next() }))
    .toSorted((a, b) => a.rank - b.rank)
  const words = order.map(() => vocabulary[random.below(vocabulary.length)])
  let replaced = Math.floor((0.8 * piece.spans.length * (1 - wanted)) / (5 * (1 + wanted)))
  let before = { text: piece.text, error: 1 }
  for (; ; replaced++) {
    const places = new Map(order.slice(0, replaced).map(({ i }, n) => [i, words[n]]))
    let [text, at] = ['', 0]
    for (const [i, [start, end]] of piece.spans.entries()) {
      if (!places.has(i)) continue
      text += piece.text.slice(at, start) + places.get(i)
      at = end
    }
    text += piece.text.slice(at)
    const excess = jaccard(set, shinglesOf(text, numbers)) - wanted
    if (excess <= 0) return -excess < before.error ? text : before.text
    before = { text, error: excess }
  }
}
