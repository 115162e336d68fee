import { ConfigError } from '@shardmill/core/errors'
import { listCheckpoints } from '@shardmill/train/checkpoint/checkpoint'
import { readArguments, runTraining } from './training.ts'

/** `train resume FILE.yaml`: goes on from the last checkpoint; there must be one. */
export async function resume(argv: readonly string[]): Promise<number> {
  const given = readArguments(argv)
  if (listCheckpoints(given.config.output).length === 0) {
    throw new ConfigError(`no checkpoint in ${given.config.output}`, {
      hint: 'start with `train run`',
    })
  }
  return runTraining({ ...given, isFresh: false })
}
