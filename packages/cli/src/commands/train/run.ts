import { readArguments, runTraining } from './training.ts'

/** `train run FILE.yaml`: trains; an unfinished run goes on from its last checkpoint. */
export async function run(argv: readonly string[]): Promise<number> {
  return runTraining(readArguments(argv))
}
