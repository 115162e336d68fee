// Copies a model with other facts in its header (percentiles measured later). Sections keep their
// places, so this is a copy of bytes and a new end.
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { ModelFile } from './model-file.ts'
import { bytesOf, modelMagic, type ModelFacts } from './model-header.ts'

/** Writes the model at `path` to `output` (which may be the same), with some facts replaced. */
export function rewriteHeader(path: string, output: string, facts: Partial<ModelFacts>): void {
  const file = new ModelFile(path)
  file.close()
  const { sections } = file.header
  const end = Math.max(
    modelMagic.length,
    ...sections.map(
      ({ offset, length, type }) => Math.ceil((offset + length * bytesOf[type]) / 8) * 8,
    ),
  )
  const header = Buffer.from(JSON.stringify({ ...file.header, ...facts, sections }))
  const tail = Buffer.alloc(4)
  tail.writeUInt32LE(header.length)
  const temporary = `${output}.${process.pid}.part`
  try {
    copyFileSync(path, temporary)
    const descriptor = openSync(temporary, 'r+')
    try {
      const bytes = Buffer.concat([header, tail, Buffer.from(modelMagic)])
      ftruncateSync(descriptor, end)
      for (let at = 0; at < bytes.length;) {
        at += writeSync(descriptor, bytes, at, bytes.length - at, end + at)
      }
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, output)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
