import { resolve } from 'node:path'
import type { Context } from '@shardmill/core'

/** What stages and formats are given where no pipeline runs: nothing is counted, nobody waits. */
export const idleContext: Context = {
  signal: new AbortController().signal,
  seed: 0,
  scratch: '.',
  count: () => undefined,
  beat: () => undefined,
  path: (path) => resolve(path),
}
