// Schedules, sampling, log files.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import { afterAll, expect, test } from 'vitest'
import { sampleToken } from '../src/generate/sample-token.ts'
import { learningRate, type ScheduleOptions } from '../src/optimizer/schedule.ts'
import { utilisation } from '../src/report/device-peak.ts'
import { openRunLog, readLog, type LogLine } from '../src/report/run-log.ts'
import { sparkline } from '../src/report/sparkline.ts'
import { maskedCrc } from '../src/report/tensorboard.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-report-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const base = { peak: 1, warmupSteps: 4, totalSteps: 24, final: 0.1, decayShare: 0.25 }

test.each([
  ['cosine', [0.25, 1, 1, 0.55, 0.1]],
  ['linear', [0.25, 1, 1, 0.55, 0.1]],
  ['wsd', [0.25, 1, 1, 1, 0.1]],
  ['constant', [0.25, 1, 1, 1, 1]],
] as const)('%s', (shape, wanted) => {
  const options: ScheduleOptions = { ...base, shape }
  const rates = [0, 3, 4, 14, 24].map((step) => learningRate(step, options))
  for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(wanted[i]!, 10)
})

test('sampling keeps to temperature, top-k and top-p', () => {
  const logits = Float32Array.of(1, 4, 3.9, -2, 0)
  const draw = (options: Parameters<typeof sampleToken>[1]): Set<number> => {
    const random = seeded(1)
    return new Set(Array.from({ length: 300 }, () => sampleToken(logits, options, random)))
  }
  expect(draw({ temperature: 0, topK: 0, topP: 1 })).toEqual(new Set([1]))
  expect(draw({ temperature: 5, topK: 2, topP: 1 })).toEqual(new Set([1, 2]))
  expect(draw({ temperature: 1, topK: 0, topP: 0.9 })).toEqual(new Set([1, 2]))
  expect(draw({ temperature: 9, topK: 0, topP: 1 }).size).toBe(5)
})

test('a run log drops steps that are taken again and a line cut short', () => {
  const line = (step: number): LogLine => ({
    kind: 'step',
    step,
    loss: 5 - step,
    learningRate: 1,
    gradientNorm: 1,
    tokens: 1,
    totalTokens: step,
    tokensPerSecond: 1,
    seconds: 1,
    tensors: 1,
  })
  const path = join(folder, 'log.jsonl')
  const log = openRunLog(folder, 'a <b>', 0, () => 1000)
  for (const step of [1, 2, 3]) log.add(line(step))
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"kind":"step","st`)
  const resumed = openRunLog(folder, 'a <b>', 2, () => 2000)
  // A cut that happens to end like a whole line.
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"kind":"sample","step":2,"text":"a {b}\n`)
  resumed.add(line(3))
  expect(readLog(path).map(({ step }) => step)).toEqual([1, 2, 3])
  resumed.writePage()
  const page = readFileSync(join(folder, 'run.html'), 'utf8')
  expect(page).toContain('a &#60;b&#62;')
  expect(page.match(/<polyline/g)!.length).toBe(4)
  expect(page).not.toMatch(/<script|https?:/)
})

test('event files are framed as TFRecord', () => {
  // CRC32C of "123456789" is e3069283 (RFC 3720, B.4), rotated and offset.
  const crc = 0xe3069283
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  expect(maskedCrc(Buffer.from('123456789'))).toBe(masked)
  const [file] = readdirSync(join(folder, 'tensorboard')).toSorted()
  const bytes = readFileSync(join(folder, 'tensorboard', file!))
  let [at, records] = [0, 0]
  while (at < bytes.length) {
    const length = Number(bytes.readBigUInt64LE(at))
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc(bytes.subarray(at, at + 8)))
    const data = bytes.subarray(at + 12, at + 12 + length)
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data))
    at += 16 + length
    records++
  }
  expect(records).toBe(4)
})

test('utilisation is unknown for chips that are not listed', () => {
  expect(utilisation('NVIDIA H200', 98.9e12)).toBe('10.0 %')
  expect(utilisation('some processor', 1e12)).toBe('unknown')
})

test('sparkline', () => {
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe('▁▂▃▄▅▆▇█')
  expect(sparkline([], 8)).toBe('')
  const falling = Array.from({ length: 150 }, (_, i) => (i === 7 ? Number.NaN : -i))
  expect(sparkline(falling, 24)).toMatch(/^.{24}$/)
  expect(sparkline(falling, 8)).toBe('█▇▆▅▄▃▂▁')
})
