import { findPipelineFile, readConfig } from '@shardmill/runtime/config'
import { onePipeline } from '../../arguments.ts'

/** `pipeline check FILE`. */
export async function check(argv: readonly string[]): Promise<number> {
  const { name } = onePipeline(argv)
  const config = await readConfig(findPipelineFile(name))
  const { inputs, stages } = config
  const bytes = inputs.reduce((sum, file) => sum + file.bytes, 0)
  process.stdout.write(
    `${config.file}: fine; ${inputs.length} input files, ${bytes} bytes, ${stages.length} stages\n`,
  )
  return 0
}
