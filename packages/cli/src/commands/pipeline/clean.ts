import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { acquireLock } from '@shardmill/runtime/lock'
import { runFolder } from '../../arguments.ts'

/** `pipeline clean NAME`. Refuses while a run holds the folder. */
export async function clean(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { all: { type: 'boolean', default: false } },
  })
  if (positionals.length !== 1) throw new ConfigError('expected the name or folder of one run')
  const folder = await runFolder(positionals[0]!)
  const state = join(folder, '.state')
  if (existsSync(state)) acquireLock(join(state, 'lock'))
  const removed = values.all ? folder : state
  rmSync(removed, { recursive: true, force: true })
  process.stdout.write(`removed ${removed}\n`)
  return 0
}
