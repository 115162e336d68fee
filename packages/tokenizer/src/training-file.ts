import { inputKeys, trainingKeys, trainingSchema, type TrainingOptions } from './training-config.ts'
import { readYamlFile } from './yaml-file.ts'

/** The options in a file, as written. Throws one `ConfigError` that lists every fault. */
export function readTrainingFile(path: string): TrainingOptions {
  const keysAt = (at: readonly PropertyKey[]) => (at.length === 0 ? trainingKeys : inputKeys)
  return readYamlFile(path, trainingSchema, keysAt).value as TrainingOptions
}
