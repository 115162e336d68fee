import { ConfigError } from '@shardmill/core/errors'
import { readYamlFile } from '@shardmill/tokenizer/yaml-file'
import { classifierConfig, type ClassifierConfig } from './training-config.ts'

/** The configuration in a training file. Throws one `ConfigError` that lists every fault. */
export function readClassifierFile(path: string): ClassifierConfig {
  return readYamlFile(path, classifierConfig).parsed
}

/** The configuration that a command line stands for. */
export function checkClassifierConfig(config: unknown): ClassifierConfig {
  const parsed = classifierConfig.safeParse(config)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new ConfigError(faults.map((fault) => `classifier: ${fault}`).join('\n'))
}
