// The number a provider is tested against, kept true on tfjs's cpu backend, and held by ours.
import { expect, test } from 'vitest'
import { selfTest } from '../src/backend/self-test.ts'
import { openProvider } from '../src/backend/select.ts'

test.each(['cpu', 'wasm'] as const)('%s computes the reference', async (backend) => {
  const provider = await openProvider({ backend, threads: 2, relaxed: true })
  expect(selfTest(provider.optimizer).difference).toBeLessThan(1e-5)
  await provider.close()
})
