import { pipelineSchema } from '@shardmill/runtime/config-schema'
import { listOptions } from '../../option-list.ts'

/** `pipeline options [--json]`: every key of a pipeline file. */
export async function fileOptions(argv: readonly string[]): Promise<number> {
  return listOptions(pipelineSchema, argv)
}
