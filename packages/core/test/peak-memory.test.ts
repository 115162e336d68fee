import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { peakMemoryBytes } from '@shardmill/core/peak-memory'
import { expect, test } from 'vitest'

test('is at least what the process holds now', () => {
  expect(peakMemoryBytes()).toBeGreaterThanOrEqual(process.memoryUsage.rss() * 0.9)
})

test('a child of a large process reports its own peak', () => {
  const large = Buffer.alloc(400e6, 1)
  const module = fileURLToPath(new URL('../dist/peak-memory.js', import.meta.url))
  const script = `import(${JSON.stringify(module)}).then((m) => console.log(m.peakMemoryBytes()))`
  const peak = Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))
  expect(peak).toBeGreaterThan(20e6)
  expect(peak).toBeLessThan(large.length)
})
