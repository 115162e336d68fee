import { trainSchema } from '@shardmill/train/config-schema'
import { listOptions } from '../../option-list.ts'

/** `train options [--json]`: every key of a training file. */
export async function fileOptions(argv: readonly string[]): Promise<number> {
  return listOptions(trainSchema, argv)
}
