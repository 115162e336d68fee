import { mustHaveCheckpoint, readArguments, runTraining } from './training.ts'

/** `train resume FILE.yaml`: goes on from the last checkpoint; there must be one. */
export async function resume(argv: readonly string[]): Promise<number> {
  const given = readArguments(argv)
  mustHaveCheckpoint(given.config)
  return runTraining({ ...given, isFresh: false })
}
