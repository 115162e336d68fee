// A Hugging Face dataset that `datasets.load_from_disk` opens without conversion: an Arrow IPC
// *stream*, uncompressed, memory-mapped by the reader, with `dataset_info.json` and `state.json`
// (huggingface/datasets, arrow_dataset.py `save_to_disk`). One column: input_ids, a list of int32.
import { join } from 'node:path'
import { Field, Int32, List, makeData, RecordBatch, RecordBatchStreamWriter } from 'apache-arrow'
import { Schema, Struct } from 'apache-arrow'
import { hashBytes } from '@shardmill/core/hash'
import { IdBuffer } from '../id-buffer.ts'
import type { ExportOptions, Exporter } from './exporter.ts'
import { PartFile } from './part-file.ts'

const batchTokens = 1 << 20
const dataName = 'data-00000-of-00001.arrow'
const feature = { feature: { dtype: 'int32', _type: 'Value' }, _type: 'List' }

/** Writes the three files into a folder. */
export function huggingFaceExporter(folder: string, _options: ExportOptions): Exporter {
  const item = new Field('item', new Int32(), true)
  const list = new List(item)
  const info = JSON.stringify({ info: { features: { input_ids: feature } } })
  const schema = new Schema([new Field('input_ids', list, true)], new Map([['huggingface', info]]))
  const file = new PartFile(join(folder, dataName))
  const writer = new StreamWriter(file)
  writer.reset(undefined, schema)
  const ids = new IdBuffer(batchTokens)
  let ends: number[] = [0]
  let [sequences, tokens] = [0, 0]

  function writeBatch(): void {
    const rows = ends.length - 1
    if (rows === 0) return
    const child = makeData({
      type: new Int32(),
      length: ids.length,
      nullCount: 0,
      data: ids.slice(),
    })
    const valueOffsets = Int32Array.from(ends)
    const column = makeData({ type: list, length: rows, nullCount: 0, valueOffsets, child })
    const type = new Struct(schema.fields)
    const data = makeData({ type, length: rows, nullCount: 0, children: [column] })
    writer.write(new RecordBatch(schema, data))
    ids.length = 0
    ends = [0]
  }

  function writeJson(name: string, content: object): string {
    const json = new PartFile(join(folder, name))
    json.write(Buffer.from(`${JSON.stringify(content, null, 2)}\n`, 'utf8'))
    json.commit()
    return json.path
  }

  return {
    add(sequence) {
      if (sequence.length === 0) return
      ids.reserve(sequence.length)
      ids.ids.set(sequence, ids.length)
      ids.length += sequence.length
      ends.push(ids.length)
      sequences++
      tokens += sequence.length
      if (ids.length >= batchTokens) writeBatch()
    },
    commit() {
      writeBatch()
      writer.finish()
      file.commit()
      const fingerprint = hashBytes(Buffer.from(`${sequences} ${tokens} ${file.position}`))
      const features = { input_ids: feature }
      const description = { citation: '', description: '', features, homepage: '', license: '' }
      const state = {
        _data_files: [{ filename: dataName }],
        _fingerprint: fingerprint,
        _format_columns: null,
        _format_kwargs: {},
        _format_type: null,
        _output_all_columns: false,
        _split: null,
      }
      const files = [
        file.path,
        writeJson('dataset_info.json', description),
        writeJson('state.json', state),
      ]
      return { sequences, tokens, files }
    },
    close: () => file.close(),
  }
}

/** apache-arrow's stream writer with the file as its only buffer. */
class StreamWriter extends RecordBatchStreamWriter {
  readonly #file: PartFile

  constructor(file: PartFile) {
    super()
    this.#file = file
  }

  protected override _write(chunk: ArrayBufferView): this {
    if (!this._started || chunk.byteLength === 0) return this
    this.#file.write(chunk)
    this._position += chunk.byteLength
    return this
  }
}
