// Rows of a JSON Lines file, one at a time.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

export async function* readRows(path) {
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Infinity,
  })) {
    if (line.trim() !== '') yield JSON.parse(line)
  }
}
