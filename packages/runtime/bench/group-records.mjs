// Grouping of band rows: the real group task of minhash-dedup over synthetic exchange files.
//   node packages/runtime/bench/group-records.mjs FOLDER [MILLION_ROWS] [PARTITIONS] [tool: fill|group]
// 14 rows per document; a tenth of the documents are copies of earlier ones and share three quarters of
// their bands. FOLDER receives the exchange (28 bytes per row) and is emptied afterwards. Writing it
// (the map side, RecordBuffer in parts of 1 M rows) is timed apart. All partitions are grouped by one
// process of its own, one after the other, CPU time (user and system), reading of the files included.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { peakMemoryBytes } from '@shardmill/core/peak-memory'
import { mix32, seeded } from '@shardmill/core/random'
import { RecordBuffer } from '@shardmill/runtime/exchange/record-buffer'
import { commitPart, partFile, readFinishedParts } from '@shardmill/runtime/state'
import { taskFolder, writePartFile } from '@shardmill/runtime/state'
import { silentHooks } from '@shardmill/runtime/tasks/hooks'
import { runTask } from '@shardmill/runtime/tasks/run-task'

const bands = 14
const documentsPerTask = 71_429

const [folder, millions = '100', partitions = '56', tool] = process.argv.slice(2)
if (folder === undefined) {
  throw new Error(
    'usage: node packages/runtime/bench/group-records.mjs FOLDER [MILLION_ROWS] [PARTITIONS]',
  )
}
const plan = planOf(resolve(folder, 'run'))
if (tool === 'fill') fill()
else if (tool === 'group') await group()
else {
  rmSync(plan.output, { recursive: true, force: true })
  try {
    for (const each of ['fill', 'group']) {
      const args = [import.meta.filename, folder, millions, partitions, each]
      console.log(
        execFileSync(process.execPath, ['--expose-gc', ...args], { encoding: 'utf8' }).trim(),
      )
    }
  } finally {
    rmSync(plan.output, { recursive: true, force: true })
  }
}

function planOf(output) {
  const tasks = Math.ceil((Number(millions) * 1e6) / bands / documentsPerTask)
  const options = { threshold: 0.75, words: 5, compat: 'none' }
  const stage = { name: 'minhash-dedup', label: 'minhash-dedup', options }
  const phases = [
    { kind: 'map', id: 'map-0', key: '0', tasks },
    { kind: 'group', id: 'group-0', key: '1', tasks: Number(partitions), source: 'map-0', stage },
  ]
  return { output, folder: output, seed: 1, partitions: Number(partitions), phases }
}

function fill() {
  const [map] = plan.phases
  const startedAt = process.cpuUsage()
  let rows = 0
  for (let task = 0; task < map.tasks; task++) {
    const buffer = new RecordBuffer(6)
    for (let row = 0; row < documentsPerTask; row++)
      emit(buffer, row, task * documentsPerTask + row)
    const path = taskFolder(plan, map, task)
    mkdirSync(path, { recursive: true })
    const { words, sections } = buffer.partitioned(plan.partitions)
    const files = [
      writePartFile(path, 0, 'rows', new Uint8Array(0), documentsPerTask),
      writePartFile(
        path,
        0,
        'records',
        new Uint8Array(words.buffer, words.byteOffset, words.byteLength),
      ),
    ]
    commitPart(path, { key: map.key, part: 0, cursor: 0, isFinal: true, files, sections })
    rows += documentsPerTask * bands
  }
  report('emit and partition', rows, startedAt)
}

function emit(buffer, row, document) {
  const random = seeded(document)
  const isCopy = document > 0 && random.below(10) === 0
  const source = isCopy ? random.below(document) : document
  const sketch = [1, 2, 3, 4].map((i) => mix32(source + i * 0x9e37_79b9))
  if (isCopy) sketch[0] ^= 0x0101
  for (let band = 0; band < bands; band++) {
    const origin = isCopy && random.below(4) === 0 ? document : source
    const low = mix32(mix32(origin) + band)
    buffer.push(row, [low, mix32(low ^ (origin + band)), ...sketch])
  }
}

async function group() {
  const phase = plan.phases[1]
  const hooks = silentHooks(new AbortController().signal)
  const startedAt = process.cpuUsage()
  for (let index = 0; index < phase.tasks; index++) await runTask(plan, phase.id, index, hooks)
  report('group', Number(millions) * 1e6, startedAt)
  let links = 0
  for (let index = 0; index < phase.tasks; index++) {
    const [manifest] = readFinishedParts(plan, phase, index)
    links += manifest.files.find(({ role }) => role === 'verdicts').rows
    if (!partFile(plan, phase, index, manifest, 'verdicts')) throw new Error('no verdicts')
  }
  console.log(`${links} links`)
}

function report(name, rows, startedAt) {
  const { user, system } = process.cpuUsage(startedAt)
  const seconds = (user + system) / 1e6
  console.log(
    `${name}: ${(rows / 1e6).toFixed(1)} M rows, ${plan.partitions} partitions, CPU ${seconds.toFixed(1)} s` +
      ` (${(user / 1e6).toFixed(1)} user), ${(rows / 1e6 / seconds).toFixed(2)} M rows/s, peak RSS ${Math.round(peakMemoryBytes() / 2 ** 20)} MB`,
  )
}
