// Megatron-LM's indexed dataset: `<prefix>.bin` holds raw tokens, `<prefix>.idx` says where sequences
// and documents begin (NVIDIA/Megatron-LM, megatron/core/datasets/indexed_dataset.py). Every sequence
// is a document of its own here.
//
// .idx: "MMIDIDX" 0 0, u64 version 1, u8 type (8 = uint16, 4 = int32), u64 sequences, u64 document
// borders, i32 length of each sequence, i64 byte position of each, i64 documents' first sequences.
import { rmSync } from 'node:fs'
import { isSmall, narrow, NumberList, type ExportOptions, type Exporter } from './exporter.ts'
import { PartFile } from './part-file.ts'

const typeCodes = { int32: 4, uint16: 8 } as const

/** Writes `<prefix>.bin` and `<prefix>.idx`. */
export function megatronExporter(prefix: string, options: ExportOptions): Exporter {
  const small = isSmall(options)
  const width = small ? 2 : 4
  const tokens = new PartFile(`${prefix}.bin`)
  const index = new PartFile(`${prefix}.idx`)
  const lengths = new NumberList()
  const positions = new NumberList()

  function writeIndex(): void {
    const header = Buffer.alloc(9 + 8 + 1 + 8 + 8)
    header.write('MMIDIDX\0\0', 0, 'latin1')
    header.writeBigUInt64LE(1n, 9)
    header.writeUInt8(small ? typeCodes.uint16 : typeCodes.int32, 17)
    header.writeBigUInt64LE(BigInt(lengths.length), 18)
    header.writeBigUInt64LE(BigInt(lengths.length + 1), 26)
    index.write(header)
    index.write(lengths.toInt32())
    index.write(positions.toBigInts())
    index.write(BigInt64Array.from({ length: lengths.length + 1 }, (_, i) => BigInt(i)))
  }

  return {
    add(ids) {
      if (ids.length === 0) return
      positions.push(tokens.position)
      lengths.push(ids.length)
      tokens.write(narrow(ids, small))
    },
    commit() {
      writeIndex()
      // The index names the data file, so it comes last.
      tokens.commit()
      try {
        index.commit()
      } catch (error) {
        rmSync(tokens.path, { force: true })
        throw error
      }
      const files = [tokens.path, index.path]
      return { sequences: lengths.length, tokens: tokens.position / width, files }
    },
    close() {
      tokens.close()
      index.close()
    },
  }
}
