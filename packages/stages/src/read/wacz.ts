// WACZ packages (Webrecorder): a ZIP file with the crawl's WARC files in archive/. Each is copied to
// the task's scratch folder and read from there; indexes and logs are left alone. Not split.
// Memory: that of the WARC reader. Disk: the largest WARC file inside.
import { createWriteStream, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import { InputError, messageOf } from '@shardmill/core/errors'
import { blockBytes, FileBytes } from './file-bytes.ts'
import { isDocument, type Format } from './format.ts'
import { formatEndings } from './format-of.ts'
import { warc, type WarcOptions } from './warc.ts'
import { readZipEntries, type ZipEntry } from './zip-entries.ts'

export const wacz: Format<WarcOptions> = {
  name: 'wacz',
  summary: 'WACZ packages: the WARC files inside.',
  extensions: formatEndings['wacz'] ?? [],
  options: warc.options,
  isSplittable: () => false,
  async *read({ path }, options, context) {
    const file = new FileBytes(path)
    try {
      const entries = readZipEntries(file)
      const archives = entries.filter(({ name }) => /^archive\/.*\.w?arc(?:\.gz)?$/.test(name))
      if (archives.length === 0) {
        throw new InputError(`${path}: expected a WACZ package, found no archive/*.warc.gz in it`)
      }
      for (const entry of archives) {
        const copy = join(context.scratch, `${process.pid}-${basename(entry.name)}`)
        const where = `${path}!${entry.name}`
        try {
          const size = await extract(file, entry, copy)
          if (size === 0) {
            yield [{ skipped: 'cut-member', where }]
            continue
          }
          const segment = { path: copy, start: 0, end: size, fileBytes: size }
          for await (const batch of warc.read(segment, options, context)) {
            yield batch.map((item) =>
              isDocument(item) ? item : { ...item, where: item.where.replace(copy, where) },
            )
          }
        } catch (error) {
          if (!(error instanceof InputError)) throw error
          yield [{ skipped: 'not-an-archive', where: `${where}: ${messageOf(error)}` }]
        } finally {
          rmSync(copy, { force: true })
        }
      }
    } finally {
      file.close()
    }
  },
}

/** Writes an entry's content to `target`; answers its size, 0 when it is damaged. */
async function extract(file: FileBytes, entry: ZipEntry, target: string): Promise<number> {
  const out = createWriteStream(target)
  const blocks = Readable.from(readBlocks(file, entry))
  try {
    if (entry.method === 8) await pipeline(blocks, createInflateRaw(), out)
    else if (entry.method === 0) await pipeline(blocks, out)
    else return 0
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code.startsWith('Z_')) return 0 // damage in the package; a full disk is another matter
    throw error
  }
  return out.bytesWritten
}

function* readBlocks(file: FileBytes, { start, bytes }: ZipEntry): Generator<Buffer> {
  for (let at = 0; at < bytes; at += blockBytes) {
    yield file.read(start + at, Math.min(blockBytes, bytes - at))
  }
}
