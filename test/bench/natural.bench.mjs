// Recall and precision of minhash-dedup on pages that exist in two versions: Debian's documentation of
// Boost 1.74 and 1.81, and its installation guide for amd64 and for i386 in all languages. Truth is
// every pair of pages of exact Jaccard similarity 0.8 or more (word 5-shingles), found by an exact join;
// same-path pairs are told apart. The real command extracts the text and removes duplicates.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readDocuments } from '../../packages/core/dist/document-shard.js'
import { readBatches } from '../../packages/core/dist/shard-reader.js'
import {
  clustersOf,
  exactPairs,
  jaccard,
  leastSimilarity,
  readKeepers,
  shingleSets,
} from './near-duplicates.mjs'
import { printTable, runPipeline } from './run.mjs'

const help = `usage: pnpm bench natural [FOLDER]

  FOLDER  where packages and runs are kept (default .bench/natural, ignored by git)

Packages that are not there yet are fetched with \`apt-get download\`, which needs Debian 12 or its
package sources, and unpacked with \`dpkg-deb\`.
`

const sets = {
  boost: ['libboost1.74-doc', 'libboost1.81-doc'],
  guide: ['installation-guide-amd64', 'installation-guide-i386'],
}
const least = 0.8

export async function bench(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { help: { type: 'boolean' } },
  })
  if (values.help) return console.log(help)
  const folder = resolve(positionals[0] ?? '.bench/natural')
  mkdirSync(folder, { recursive: true })
  for (const [name, packages] of Object.entries(sets)) {
    for (const one of packages) unpack(folder, one)
    await benchSet(folder, name, packages)
  }
}

function unpack(folder, name) {
  if (existsSync(join(folder, name))) return
  const find = () => readdirSync(folder).find((file) => file.startsWith(`${name}_`))
  if (!find()) execFileSync('apt-get', ['download', name], { cwd: folder, stdio: 'ignore' })
  execFileSync('dpkg-deb', ['-x', find(), name], { cwd: folder })
}

async function benchSet(folder, name, packages) {
  const input = packages.map((one) => `${one}/usr/share/doc/${one}/**/*.html`)
  await run(folder, `${name}-text`, { input, stages: ['decode', 'html', 'normalize'] })
  const pages = []
  for (const { id, text } of await readText(join(folder, 'shards', `${name}-text`, 'text'))) {
    const version = packages.findIndex((one) => id.includes(`${one}/`))
    pages.push({ id, text, version, path: id.replaceAll(packages[version], '') })
  }
  const shingles = shingleSets(pages.map(({ text }) => text))
  const pairs = exactPairs(shingles, least)
  writeFileSync(
    join(folder, `${name}.jsonl`),
    pages.map(({ id, text }) => `${JSON.stringify({ id, text })}\n`).join(''),
  )
  for (const threshold of [0.75, 0.8]) {
    await run(folder, `${name}-dedup`, {
      input: [`${name}.jsonl`],
      stages: [{ 'minhash-dedup': { threshold } }],
    })
    const keepers = readKeepers(join(folder, 'shards', `${name}-dedup`))
    report({ name, threshold, pages, shingles, pairs, keepers })
  }
}

function report({ name, threshold, pages, shingles, pairs, keepers }) {
  const isSamePath = ([a, b]) =>
    pages[a].path === pages[b].path && pages[a].version !== pages[b].version
  const recall = (list) => {
    const missed = list.filter(([a, b]) => keepers[a] === undefined && keepers[b] === undefined)
    return `${list.length - missed.length} of ${list.length} (${(1 - missed.length / list.length).toFixed(4)})`
  }
  const dropped = keepers.flatMap((keeper, own) =>
    keeper === undefined ? [] : [jaccard(shingles[own], shingles[keeper])],
  )
  // Pages too short for shingles are dropped only for an equal text.
  const short = keepers.filter((keeper, own) => keeper !== undefined && shingles[own].length < 6)
  const right = (limit) => dropped.filter((similarity) => similarity >= limit).length
  const clusters = clustersOf(keepers)
  console.log(`\n${name}: ${pages.length} pages, threshold ${threshold}`)
  printTable([
    ['what', 'result'],
    [`pairs of ${least} or more with one page left`, recall(pairs)],
    ['same path, other version', recall(pairs.filter(isSamePath))],
    ['dropped pages', `${dropped.length}, ${short.length} of them short and equal`],
    [`precision at ${threshold}`, (right(threshold) / dropped.length).toFixed(4)],
    [`of similarity ${least} or more`, (right(least) / dropped.length).toFixed(4)],
    [
      'clusters, largest',
      `${clusters.length}, ${Math.max(...clusters.map(({ length }) => length))}`,
    ],
    [
      'least similarity in a cluster',
      leastSimilarity(
        clusters.filter((cluster) => shingles[cluster[0]].length >= 6),
        shingles,
      ).toFixed(3),
    ],
  ])
}

async function run(folder, name, { input, stages }) {
  const pipeline = { name, input, keepDropped: true, maxErrorRate: 1, stages }
  writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(pipeline))
  const { code, stderr } = await runPipeline(`${name}.yaml`, { folder })
  if (code !== 0) throw new Error(`${name}: ${stderr}`)
}

async function readText(folder) {
  const documents = []
  for (const file of readdirSync(folder).toSorted()) {
    for await (const batch of readBatches(join(folder, file))) {
      documents.push(...readDocuments(batch))
    }
  }
  return documents
}
