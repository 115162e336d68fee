// Same configuration, seed and records: same bytes, for any number of workers, any spread of the
// records over files, and any task size.
import { afterAll, expect, test } from 'vitest'
import { makeRows } from '../support/documents.ts'
import { makeFolder } from '../support/run-pipeline.ts'
import { digestOf, splitRows, writePipeline } from '../support/same-digest.ts'
import { stagePath } from '../support/stage-path.ts'

const { folder, remove } = makeFolder()
afterAll(remove)

const rows = makeRows(3000)

const stages = [
  'normalize',
  `${stagePath('breaks-on')}: { throws: [doc-77, doc-2050] }`,
  stagePath('same-text'),
]

test('one digest for workers 1, 2, 3, 5, 8 and for 1, 4, 13 files', async () => {
  const spread = (files: number): string => splitRows(folder, rows, files)
  const [one, four, thirteen] = [spread(1), spread(4), spread(13)]
  const digest = (name: string, input: string, taskBytes: string, workers: number) =>
    digestOf(
      folder,
      writePipeline(folder, name, { input, taskBytes, shardBytes: '200KB', stages }),
      workers,
    )
  const digests = {
    'workers 1': await digest('w1', one, '100KB', 1),
    'workers 2': await digest('w2', one, '100KB', 2),
    'workers 3': await digest('w3', one, '100KB', 3),
    'workers 5': await digest('w5', one, '100KB', 5),
    'workers 8': await digest('w8', one, '100KB', 8),
    'files 4': await digest('f4', four, '100KB', 2),
    'files 13': await digest('f13', thirteen, '100KB', 2),
    'one task': await digest('t1', one, '100MB', 2),
    'small tasks': await digest('t9', thirteen, '30KB', 2),
  }
  expect(new Set(Object.values(digests)).size, JSON.stringify(digests, undefined, 2)).toBe(1)
})
