// MosaicML streaming shards (mosaicml/streaming, base/format/mds/writer.py): shards of about 64 MB
// with a table of sample offsets, and an `index.json` that lists them. One column, `input_ids`, of
// encoding `ndarray:uint16` or `ndarray:uint32` with a shape before each sample.
//
// Shard: u32 samples, u32 offset of each sample and of the end (from the start of the file), the JSON
// of the columns, the samples. A sample of one column of varying size is u32 bytes, then the bytes.
import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { isSmall, narrow, type ExportOptions, type Exporter } from './exporter.ts'
import { PartFile } from './part-file.ts'

const shardBytes = 1 << 26

/** Writes `shard.00000.mds` … and `index.json` into a folder. */
export function mdsExporter(folder: string, options: ExportOptions): Exporter {
  const small = isSmall(options)
  const columns = {
    column_encodings: [small ? 'ndarray:uint16' : 'ndarray:uint32'],
    column_names: ['input_ids'],
    column_sizes: [null],
    compression: null,
    format: 'mds',
    hashes: [],
    size_limit: shardBytes,
    version: 2,
  }
  const config = Buffer.from(JSON.stringify(columns), 'utf8')
  const shards: object[] = []
  const files: string[] = []
  let samples: Buffer[] = []
  let bytes = 0
  let [sequences, tokens] = [0, 0]

  function encodeSample(ids: ArrayLike<number>): Buffer {
    const values = narrow(ids, small)
    // One axis; the low bits say how wide its length is written: 0, 1, 2 for 1, 2, 4 bytes.
    const shape = ids.length < 0x100 ? 0 : ids.length < 0x10000 ? 1 : 2
    const head = Buffer.alloc(4 + 1 + (1 << shape))
    head.writeUInt32LE(1 + (1 << shape) + values.byteLength, 0)
    head.writeUInt8((1 << 2) | shape, 4)
    head.writeUIntLE(ids.length, 5, 1 << shape)
    return Buffer.concat([head, Buffer.from(values.buffer)])
  }

  function writeShard(): void {
    if (samples.length === 0) return
    const basename = `shard.${String(shards.length).padStart(5, '0')}.mds`
    const head = new Uint32Array(samples.length + 2)
    head[0] = samples.length
    head[1] = head.byteLength + config.length
    for (const [i, sample] of samples.entries()) head[i + 2] = head[i + 1]! + sample.length
    const file = new PartFile(join(folder, basename))
    file.write(head)
    file.write(config)
    for (const sample of samples) file.write(sample)
    file.commit()
    files.push(file.path)
    const raw = { basename, bytes: file.position, hashes: {} }
    shards.push({ ...columns, raw_data: raw, samples: samples.length, zip_data: null })
    samples = []
    bytes = 0
  }

  return {
    add(ids) {
      if (ids.length === 0) return
      const sample = encodeSample(ids)
      // Sample, its offset, and the fixed parts stay below the limit, as in the original writer.
      const needed = bytes + sample.length + 4 + 8 + config.length
      if (samples.length > 0 && needed > shardBytes) writeShard()
      samples.push(sample)
      bytes += sample.length + 4
      sequences++
      tokens += ids.length
    },
    commit() {
      writeShard()
      const index = new PartFile(join(folder, 'index.json'))
      index.write(Buffer.from(JSON.stringify({ shards, version: 2 }), 'utf8'))
      index.commit()
      return { sequences, tokens, files: [...files, index.path] }
    },
    close() {
      // Without its index a shard is not found by any reader.
      if (samples.length > 0) for (const path of files) rmSync(path, { force: true })
      samples = []
    },
  }
}
