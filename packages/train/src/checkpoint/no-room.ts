// A full disk, a full quota or a limit of file sizes, said with the file and what to do. What was
// written whole before stays whole: checkpoints and pages are renamed into place, logs cut back.
import { RetryableError } from '@shardmill/core/errors'

const codes: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Runs `write`; when there is no room for what it writes, throws an error that says so. */
export function withRoom<Value>(path: string, what: string, write: () => Value): Value {
  try {
    return write()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (!codes.has(code)) throw cause
    throw new RetryableError(`${path}: no room for the ${what} (${code})`, {
      cause,
      hint:
        'make room, or lower `checkpoint.keep`; `train run` then goes on from the last checkpoint, ' +
        'which is whole, or begins again when there is none',
    })
  }
}
