// LitData's chunks for its `TokensLoader` (Lightning-AI/litdata, streaming/writer.py and
// item_loader.py): raw tokens behind a table of item offsets, and an `index.json`. The loader ignores
// items and cuts each chunk into blocks of the length the trainer asks for; what is left at a chunk's
// end is not read, so chunks are large.
//
// Chunk: u32 items, u32 offset of each item and of the end, tokens.
import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { isSmall, type ExportOptions, type Exporter } from './exporter.ts'
import { PartFile } from './part-file.ts'

const chunkBytes = 1 << 26
/** Indices of litdata's list of torch types. int32 for large ids: torch has no full uint32. */
const torchTypes = { int32: 15, uint16: 20 } as const

/** Writes `chunk-0-0.bin` … and `index.json` into a folder. */
export function litDataExporter(folder: string, options: ExportOptions): Exporter {
  const small = isSmall(options)
  const chunks: object[] = []
  const files: string[] = []
  let items: (Uint16Array | Int32Array)[] = []
  let bytes = 0
  let [sequences, tokens] = [0, 0]

  function writeChunk(): void {
    if (items.length === 0) return
    const filename = `chunk-0-${chunks.length}.bin`
    const head = new Uint32Array(items.length + 2)
    head[0] = items.length
    head[1] = head.byteLength
    for (const [i, item] of items.entries()) head[i + 2] = head[i + 1]! + item.byteLength
    const file = new PartFile(join(folder, filename))
    file.write(head)
    for (const item of items) file.write(item)
    file.commit()
    files.push(file.path)
    const dim = items.reduce((sum, item) => sum + item.length, 0)
    chunks.push({ chunk_bytes: file.position, chunk_size: items.length, dim, filename })
    items = []
    bytes = 0
  }

  function writeIndex(): string {
    const index = new PartFile(join(folder, 'index.json'))
    const config = {
      chunk_bytes: chunkBytes,
      chunk_size: null,
      compression: null,
      data_format: [`no_header_tensor:${small ? torchTypes.uint16 : torchTypes.int32}`],
      // One leaf, as torch.utils._pytree spells it.
      data_spec: JSON.stringify([1, { type: null, context: null, children_spec: [] }]),
      encryption: null,
      item_loader: 'TokensLoader',
    }
    const updated = '0'
    index.write(Buffer.from(JSON.stringify({ chunks, config, updated_at: updated }), 'utf8'))
    index.commit()
    return index.path
  }

  return {
    add(ids) {
      if (ids.length === 0) return
      const item = small ? Uint16Array.from(ids) : Int32Array.from(ids)
      if (items.length > 0 && bytes + item.byteLength + 4 > chunkBytes) writeChunk()
      items.push(item)
      bytes += item.byteLength + 4
      sequences++
      tokens += item.length
    },
    commit() {
      writeChunk()
      return { sequences, tokens, files: [...files, writeIndex()] }
    },
    close() {
      if (items.length > 0) for (const path of files) rmSync(path, { force: true })
      items = []
    },
  }
}
