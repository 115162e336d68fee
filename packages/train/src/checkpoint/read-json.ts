import { readFileSync } from 'node:fs'
import { InputError, messageOf } from '@shardmill/core/errors'

/** The object in a JSON file; an `InputError` names the file when it is missing or no JSON. */
export function readJson(path: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new InputError(isMissing ? `no file \`${path}\`` : `${path}: ${messageOf(cause)}`, {
      cause,
    })
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new InputError(`${path}: expected a JSON object, got ${JSON.stringify(value)}`)
}
