// The stages that cut, through the real command: the same bytes for any number of workers, spread of
// records and order of crashes; what is cut is gone, what is kept stands once, and the sums hold.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import { afterAll, expect, test } from 'vitest'
import { killRun } from '../support/chaos.ts'
import { makeRows } from '../support/documents.ts'
import { makeFolder, resultOf } from '../support/run-pipeline.ts'
import { digestOf, readShard, splitRows, writePipeline } from '../support/same-digest.ts'

const { folder, remove } = makeFolder()
afterAll(remove)

const kills = 4
const footer = 'All rights reserved by the owner of this site, 2026'
const passages = [0, 1, 2].map((n) =>
  Array.from({ length: 60 }, (_, i) => `passage${n}word${i}`).join(' '),
)
const notice = `本文由作者授权发布，未经许可不得转载，如需转载请联系本站的编辑部，并在文章开头注明作者与出处，谢谢合作，祝您阅读愉快，欢迎常来，也欢迎把这里介绍给您的朋友们。`

/** Every fourth document quotes a passage, every third ends in its site's footer, some in a notice. */
const rows = makeRows(240).map(({ id, url, text }, i) => {
  const lines = [`${text} Own words of document number ${i}, so that it is not a copy.`]
  if (i % 4 === 0) lines.push(`${id} quotes ${passages[(i / 4) % 3]} and goes on in its own words.`)
  if (i % 7 === 0) lines.push('', notice, '')
  if (i % 3 === 0) lines.push(footer)
  return { id, url, text: lines.join('\n') }
})

const stages = [
  'normalize',
  'paragraph-dedup',
  'line-dedup: { siteDocuments: 2 }',
  'exact-substring-dedup',
]

test('one digest for workers 1 and 5, for 1 and 7 files, and after kills', async () => {
  const [one, seven] = [splitRows(folder, rows, 1), splitRows(folder, rows, 7)]
  const write = (name: string, input: string, taskBytes: string): string =>
    writePipeline(folder, name, { input, taskBytes, shardBytes: '1MB', stages })
  const calm = await digestOf(folder, write('w1', one, '80KB'), 1)
  expect(await digestOf(folder, write('w5', seven, '50KB'), 5)).toBe(calm)
  const file = write('chaos', seven, '80KB')
  const chaos = await killRun({ folder, file, kills, random: seeded(31) })
  expect(chaos.kills).toBe(kills)
  expect(resultOf(chaos.last).digest).toBe(calm)
  await checkTexts()
  checkReport()
})

async function checkTexts(): Promise<void> {
  const texts: string[] = []
  const sites = rows.filter(({ text }) => text.includes(footer)).map(({ url }) => new URL(url).host)
  const shard = join(folder, 'shards/w1/text/part-00000.arrow')
  for (const { url, text, meta } of await readShard(shard)) {
    texts.push(text)
    // A site with one such page has no boilerplate that anybody could see.
    const { host } = new URL(url)
    if (sites.filter((site) => site === host).length > 1) expect(text).not.toContain(footer)
    expect(Object.keys(meta).every((key) => /^[\d -]+$/.test(String(meta[key])))).toBe(true)
  }
  const all = texts.join('\n')
  for (const text of passages) expect(all.split(text)).toHaveLength(2)
  // Not even one copy stays where it is boilerplate of the site whose document would have kept it.
  expect(all.split(notice).length).toBeLessThanOrEqual(2)
}

function checkReport(): void {
  interface StageReport {
    name: string
    in: number
    kept: number
    dropped: Record<string, number>
    counters: Record<string, number>
  }
  const report = JSON.parse(readFileSync(join(folder, 'shards/w1/report.json'), 'utf8')) as {
    stages: StageReport[]
    samples: Record<string, { head: string }[]>
  }
  for (const name of ['line-dedup', 'paragraph-dedup', 'exact-substring-dedup']) {
    const stage = report.stages.find((one) => one.name === name)!
    expect(stage.counters['documents-cut'], name).toBeGreaterThan(25)
    expect(stage.counters['characters-cut']).toBeGreaterThan(1000)
    expect(report.samples[`${name}/cut`]![0]!.head).toMatch(/⟦.+⟧/s)
  }
}
