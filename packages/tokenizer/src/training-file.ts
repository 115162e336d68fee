import { trainingSchema, type TrainingOptions } from './training-config.ts'
import { readYamlFile } from './yaml-file.ts'

/** The options in a file, as written. Throws one `ConfigError` that lists every fault. */
export function readTrainingFile(path: string): TrainingOptions {
  return readYamlFile(path, trainingSchema).value as TrainingOptions
}
