// Compares a run with the truth of its corpus: what should have been kept or dropped, what was, and
// whether each group of copies has exactly one survivor. Run the pipeline with --keep-dropped first.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readDocuments } from '../../packages/core/dist/document-shard.js'
import { readBatches } from '../../packages/core/dist/shard-reader.js'
import { printTable } from './run.mjs'

const help = `usage: pnpm bench truth RUN TRUTH

  RUN    folder of a finished run made with --keep-dropped, e.g. shards/web
  TRUTH  e.g. corpora/sample/truth.jsonl

  --wrong          also lists every document that went the wrong way
  --any-language   pages in other languages than Chinese and English may stay
`

export async function bench(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      wrong: { type: 'boolean' },
      'any-language': { type: 'boolean' },
    },
  })
  if (values.help || positionals.length !== 2) return console.log(help)
  const [run, truthPath] = positionals
  const fates = await readFates(run)
  const truths = readFileSync(truthPath, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const judged = truths.map((truth) => ({ ...truth, fate: fates.get(truth.id) ?? 'not read' }))
  if (values['any-language']) {
    for (const truth of judged) if (truth.reason === 'language') truth.expect = 'either'
  }
  printKinds(judged)
  printCopies(judged)
  if (values.wrong) {
    for (const { id, url, kind, fate } of judged.filter(isWrong)) console.log(fate, kind, id, url)
  }
}

/** Document id to 'kept', '<stage>: <reason>' or 'quarantine'. */
async function readFates(run) {
  const fates = new Map()
  await forEachDocument(join(run, 'text'), ({ id }) => fates.set(id, 'kept'))
  const dropped = join(run, 'dropped')
  for (const stage of existsSync(dropped) ? readdirSync(dropped) : []) {
    await forEachDocument(join(dropped, stage), ({ id }, reason) =>
      fates.set(id, `${stage}: ${reason}`),
    )
  }
  await forEachDocument(join(run, 'quarantine'), ({ id }) => fates.set(id, 'quarantine'))
  return fates
}

async function forEachDocument(folder, handle) {
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.arrow'))) {
    for await (const batch of readBatches(join(folder, file))) {
      const reasons = batch.bytes('reason')
      readDocuments(batch).forEach((document, row) => handle(document, reasons?.text(row)))
    }
  }
}

function isWrong({ expect, fate }) {
  return expect !== 'either' && (expect === 'keep') !== (fate === 'kept')
}

function printKinds(judged) {
  const rows = new Map()
  for (const document of judged) {
    const key = `${document.kind} ${document.lang}`.trim()
    const row = rows.get(key) ?? { key, total: 0, kept: 0, wrong: 0, fates: new Map() }
    rows.set(key, row)
    row.total++
    if (document.fate === 'kept') row.kept++
    if (!isWrong(document)) continue
    row.wrong++
    row.fates.set(document.fate, (row.fates.get(document.fate) ?? 0) + 1)
  }
  const cells = [...rows.values()]
    .toSorted((a, b) => b.wrong - a.wrong || (a.key < b.key ? -1 : 1))
    .map(({ key, total, kept, wrong, fates }) => [key, total, kept, wrong, tally(fates)])
  printTable([['kind', 'records', 'kept', 'wrong', 'how'], ...cells])
  const sure = judged.filter(({ expect }) => expect !== 'either')
  console.log(
    `\n${sure.filter(isWrong).length} of ${sure.length} documents with a sure answer went wrong`,
  )
}

function printCopies(judged) {
  const groups = new Map()
  for (const { id, duplicateOf, expect, fate } of judged) {
    if (duplicateOf === undefined || expect !== 'drop') continue
    if (!groups.has(duplicateOf)) groups.set(duplicateOf, [[duplicateOf, undefined]])
    groups.get(duplicateOf).push([id, fate])
  }
  const fates = new Map(judged.map(({ id, fate }) => [id, fate]))
  const survivors = [...groups.values()].map(
    (group) => group.filter(([id]) => fates.get(id) === 'kept').length,
  )
  const of = (count) => survivors.filter((kept) => kept === count).length
  const more = survivors.length - of(0) - of(1)
  console.log(
    `${survivors.length} groups of copies: ${of(1)} with one survivor, ${of(0)} with none, ${more} with more`,
  )
}

function tally(counts) {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}
