import { InputError } from '@shardmill/core/errors'

/** A model whose output is not a number: its training diverged, or its file is damaged. */
export function brokenModel(command: string): InputError {
  return new InputError(`${command}: the model's output is not a number`, {
    hint: 'its training diverged: go back to an earlier checkpoint, or train with a lower rate',
  })
}
