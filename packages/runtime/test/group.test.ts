// The group task on committed exchange files: a partition that is split on disk gives the verdicts of
// one that is held in memory.
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import { RecordBuffer } from '@shardmill/runtime/exchange/record-buffer'
import type { GroupPhase, MapPhase } from '@shardmill/runtime/phases'
import type { Plan } from '@shardmill/runtime/plan'
import { commitPart, partFile, readFinishedParts } from '@shardmill/runtime/state'
import { taskFolder, writePartFile } from '@shardmill/runtime/state'
import { runGroup } from '@shardmill/runtime/tasks/group'
import { silentHooks } from '@shardmill/runtime/tasks/hooks'
import { afterEach, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-group-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const partitions = 3
const stage = {
  name: 'exact-dedup',
  label: 'exact-dedup',
  options: { fold: 'whitespace', minLength: 1 },
}

test('a split partition gives the verdicts of a whole one', async () => {
  const whole = makePlan('whole')
  const split = makePlan('split')
  let dropped = 0
  for (let partition = 0; partition < partitions; partition++) {
    const expected = await verdictsOf(whole, partition)
    // 7 words a record: pieces of about 57 records.
    expect(await verdictsOf(split, partition, 500)).toEqual(expected)
    dropped += expected.length
  }
  expect(dropped).toBeGreaterThan(500)
})

function makePlan(name: string): Plan {
  const tasks = 4
  const map: MapPhase = {
    kind: 'map',
    id: 'map-0',
    key: '0',
    tasks,
    stages: [],
    corpus: stage,
    isLast: false,
    source: undefined,
    verdicts: undefined,
  }
  const group: GroupPhase = {
    kind: 'group',
    id: 'group-0',
    key: '1',
    tasks: partitions,
    source: 'map-0',
    stage,
  }
  const output = join(folder, name)
  const plan: Plan = {
    formatVersion: 0,
    key: '',
    name,
    folder,
    output,
    seed: 1,
    shardBytes: 1,
    keepDropped: false,
    overlapShare: 0,
    inputs: [],
    segments: [],
    partitions,
    phases: [map, group],
  }
  const random = seeded(5)
  for (let task = 0; task < tasks; task++) {
    const buffer = new RecordBuffer(6)
    const rows = 400
    for (let row = 0; row < rows; row++) {
      const key = random.below(900)
      buffer.push(row, [key, 0, key % 2, 0, random.below(5), random.below(5)])
    }
    const { words, sections } = buffer.partitioned(partitions)
    const path = taskFolder(plan, map, task)
    mkdirSync(path, { recursive: true })
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    const files = [
      writePartFile(path, 0, 'rows', new Uint8Array(0), rows),
      writePartFile(path, 0, 'records', bytes),
    ]
    commitPart(path, { key: map.key, part: 0, cursor: 0, isFinal: true, files, sections })
  }
  return plan
}

async function verdictsOf(plan: Plan, partition: number, maxWords?: number): Promise<string[]> {
  const group = plan.phases[1] as GroupPhase
  await runGroup(plan, group, partition, silentHooks(new AbortController().signal), maxWords)
  const [manifest] = readFinishedParts(plan, group, partition)
  const bytes = readFileSync(partFile(plan, group, partition, manifest!, 'verdicts')!)
  const triples: string[] = []
  for (let at = 0; at < bytes.length; at += 12) {
    triples.push([0, 4, 8].map((offset) => bytes.readUInt32LE(at + offset)).join())
  }
  return triples.toSorted()
}
