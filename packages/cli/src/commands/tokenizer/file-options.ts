import { trainingSchema } from '@shardmill/tokenizer/training-config'
import { listOptions } from '../../option-list.ts'

/** `tokenizer options [--json]`: every key of a tokenizer's training file. */
export async function fileOptions(argv: readonly string[]): Promise<number> {
  return listOptions(trainingSchema, argv)
}
