// Documents that killed their worker twice while it was watching for just that: item numbers of the
// task's source with the error, written by the engine, read by the next attempt, which sets them
// apart untouched.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commitFile } from '@shardmill/core/store'

const fileName = 'guilty.json'

export function readGuilty(folder: string): Map<number, string> {
  try {
    const entries = JSON.parse(readFileSync(join(folder, fileName), 'utf8')) as [number, string][]
    return new Map(entries)
  } catch {
    return new Map()
  }
}

export function addGuilty(folder: string, item: number, error: string): void {
  const guilty = readGuilty(folder).set(item, error)
  commitFile(join(folder, fileName), `${JSON.stringify([...guilty])}\n`)
}
