// The README's main job on the sample crawl, held against its truth: what should be kept is kept,
// what should go goes, and other readers open the shards.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Table } from 'parquet-wasm'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFolder, resultOf, runCommand, type Finished } from '../support/run-pipeline.ts'

const root = join(import.meta.dirname, '../..')
const { folder, remove } = makeFolder()
afterAll(remove)

interface Truth {
  readonly id: string
  readonly url: string
  readonly kind: string
  readonly expect: 'keep' | 'drop' | 'either'
  readonly reason?: string
  readonly duplicateOf?: string
  readonly similarity?: number
}

let run: Finished
const kept = new Map<string, { url: string; text: string; lang: string; meta: string }>()

beforeAll(async () => {
  const output = join(folder, 'web')
  run = await runCommand({
    folder: root,
    args: ['pipeline', 'run', 'web.yaml', '--json', '--keep-dropped', '--output', output],
  })
  for (const name of readdirSync(join(output, 'text'))) {
    for (const row of tableFromIPC(readFileSync(join(output, 'text', name)))) {
      const { id, ...rest } = row.toJSON() as {
        id: string
        url: string
        text: string
        lang: string
        meta: string
      }
      kept.set(id, rest)
    }
  }
})

const truth = readFileSync(join(root, 'corpora/sample/truth.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Truth)

test('the run ends well and its sums add up', () => {
  expect(run.code, run.stderr).toBe(0)
  expect(resultOf(run).kept).toBe(kept.size)
})

/**
 * A page and its copies, as far as one of them may be kept for the others. Damaged copies have the
 * page's path on another host; what the damage adds makes one of them longer, and so the keeper.
 */
function copiesOf(id: string): string[] {
  const page = truth.find((row) => row.id === id)!
  const isCopy = (row: Truth): boolean =>
    row.duplicateOf === id || (row.kind === 'malformed' && pathOf(row.url) === pathOf(page.url))
  return [id, ...truth.filter(isCopy).map((row) => row.id)]
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url
}

test('every article, forum page and odd page to keep is kept, itself or by a longer copy', () => {
  const wanted = truth.filter((row) => row.expect === 'keep' && row.kind !== 'documentation')
  const lost = wanted.filter(({ id }) => !copiesOf(id).some((copy) => kept.has(copy)))
  expect(lost.map(({ kind, url }) => `${kind} ${url}`)).toEqual([])
})

test('of a page and its copies of similarity 0.9 and more exactly one stays', () => {
  const pages = truth.filter(
    ({ kind, similarity = 0 }) => kind === 'near-copy' && similarity >= 0.9,
  )
  expect(pages.length).toBeGreaterThan(5)
  for (const { id, url, duplicateOf } of pages) {
    expect([id, duplicateOf!].filter((copy) => kept.has(copy)).length, url).toBeLessThanOrEqual(1)
  }
})

// The rest has braces, which FineWeb's rules (C4) take for code, or repeats its own lines.
test('of manuals, which are half code, two in five stay', () => {
  const wanted = truth.filter((row) => row.expect === 'keep' && row.kind === 'documentation')
  const stayed = wanted.filter(({ id }) => kept.has(id))
  expect(stayed.length).toBeGreaterThanOrEqual((wanted.length * 2) / 5)
})

test('of what should go at most one in ten stays, near copies aside', () => {
  const unwanted = truth.filter((row) => row.expect === 'drop' && row.kind !== 'near-copy')
  const stayed = unwanted.filter(({ id }) => kept.has(id))
  const list = stayed.map(({ kind, reason, url }) => `${kind} ${reason} ${url}`)
  expect(stayed.length, list.join('\n')).toBeLessThanOrEqual(unwanted.length / 10)
})

test('no personal data is left in the pages that have some', () => {
  const pages = truth.filter(({ kind, id }) => kind === 'personal-data' && kept.has(id))
  expect(pages.length).toBeGreaterThan(0)
  for (const { id } of pages) {
    expect(kept.get(id)!.text).not.toMatch(
      /[\w.]+@[\w-]+\.\w+|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dX]/,
    )
  }
})

test('an independent Arrow implementation reads the same rows', () => {
  let rows = 0
  for (const name of readdirSync(join(folder, 'web/text'))) {
    const file = readFileSync(join(folder, 'web/text', name))
    // The file format is the stream format between an 8-byte magic and a footer.
    const table = Table.fromIPCStream(new Uint8Array(file.subarray(8)))
    for (const batch of table.recordBatches()) rows += batch.numRows
  }
  expect(rows).toBe(kept.size)
})
