import { readConfig } from '@shardmill/runtime/config'
import { findPipelineFile } from '@shardmill/runtime/find-pipeline-file'
import { loadStage } from '@shardmill/runtime/stage-loader'
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
  for (const { name: stageName, label, options } of stages) {
    const note = (await loadStage(stageName, config.folder))?.explain?.(options)
    if (note !== undefined) process.stdout.write(`${label}: ${note}\n`)
  }
  return 0
}
