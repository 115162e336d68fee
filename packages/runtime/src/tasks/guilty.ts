// Documents that killed their worker twice while it was watching for just that: item numbers of the
// task's source, the stage they were in and the error. Written by the engine, read by the next
// attempt, which sets them apart before that stage touches them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commitFile } from '@shardmill/core/store'

const fileName = 'guilty.json'

export interface Guilt {
  readonly stage: string
  readonly error: string
}

export function readGuilty(folder: string): Map<number, Guilt> {
  try {
    const entries = JSON.parse(readFileSync(join(folder, fileName), 'utf8')) as [number, Guilt][]
    return new Map(entries)
  } catch {
    return new Map()
  }
}

export function addGuilty(folder: string, item: number, guilt: Guilt): void {
  const guilty = readGuilty(folder).set(item, guilt)
  commitFile(join(folder, fileName), `${JSON.stringify([...guilty])}\n`)
}
