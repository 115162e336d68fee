// A linear model over hashed n-grams, as it is stored and as it scores: for each row one byte of
// inverse document frequency and one signed byte of weight per output. A document is the vector
// (1 + ln count) * idf over its rows, scaled to length 1; rows never seen in training do not count.
// Two labels need one output (logistic), more need one each (softmax); a scale and an offset fitted
// on held-out examples make the probabilities honest (Platt 1999; Guo et al. 2017).
//
// File: 'SMLC', format version and header length (Uint32, little-endian), 4 zero bytes, a JSON header,
// padding to 8 bytes; inverse frequencies [rows], weights [rows, outputs] in bytes, padding; held-out
// scores [examples, outputs] in float32, held-out labels in Uint16, padding; XXH64 of all that.
import { readFileSync } from 'node:fs'
import { ConfigError, InputError, messageOf } from '@shardmill/core/errors'
import { hashBytes } from '@shardmill/core/hash'
import type { FeatureSettings } from './features.ts'

export interface ModelHeader {
  /** `ngrams` or `tfidf`, for the reader of the file; scoring is the same. */
  readonly engine: string
  readonly labels: readonly string[]
  /** The label whose probability is the score of a document. */
  readonly positive: string
  readonly features: FeatureSettings
  readonly countScale: 'log' | 'raw'
  /** idf = byte * idfUnit; 0 marks a row that training never saw. */
  readonly idfUnit: number
  /** idf * weight = byte * weightUnits[output]. */
  readonly weightUnits: readonly number[]
  readonly biases: readonly number[]
  /** Two labels: p = sigmoid(scale * z + offset); more: softmax(scale * z). */
  readonly calibration: { readonly scale: number; readonly offset: number }
  /** Held-out examples whose scores are stored: what thresholds are resolved from. */
  readonly heldOut: number
  /** Where the model comes from: data, options, seed; shown by tools, never used. */
  readonly origin: Readonly<Record<string, unknown>>
}

export interface LinearModel {
  readonly header: ModelHeader
  /** Per row: its idf byte, then one weight byte per output. */
  readonly table: Int8Array
  /** Calibrated probabilities [heldOut, outputs]. */
  readonly heldOutScores: Float32Array
  readonly heldOutLabels: Uint16Array
}

const magic = 'SMLC'
const formatVersion = 1
const headBytes = 16

/** 1 for two labels, else one per label. */
export function outputsOf({ labels }: { labels: readonly string[] }): number {
  return labels.length === 2 ? 1 : labels.length
}

export function encodeModel({ header, table, heldOutScores, heldOutLabels }: LinearModel): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const sections = [
    Buffer.alloc(headBytes),
    json,
    bytesOf(table),
    bytesOf(heldOutScores),
    bytesOf(heldOutLabels),
  ]
  sections[0]!.write(magic, 'latin1')
  sections[0]!.writeUInt32LE(formatVersion, 4)
  sections[0]!.writeUInt32LE(json.length, 8)
  const padded = sections.flatMap((part) => [part, Buffer.alloc(padding(part.length))])
  const body = Buffer.concat(padded)
  return Buffer.concat([body, Buffer.from(hashBytes(body), 'hex')])
}

/** Reads a model file; throws `ConfigError` when there is none and `InputError` when it is damaged. */
export function readModel(path: string): LinearModel {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw new ConfigError(`${path}: the classifier model cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: 'train one with `pipeline classifier train`',
    })
  }
  return decodeModel(bytes, path)
}

export function decodeModel(bytes: Buffer, path: string): LinearModel {
  const fault = (what: string): InputError =>
    new InputError(`${path}: ${what}`, { hint: 'train the model again or copy the file again' })
  if (bytes.length < headBytes + 8 || bytes.toString('latin1', 0, 4) !== magic) {
    const head = bytes.toString('latin1', 0, 4).replace(/[^ -~]/g, '.')
    throw fault(`expected a classifier model (${magic}), got a file that begins with \`${head}\``)
  }
  const version = bytes.readUInt32LE(4)
  if (version !== formatVersion) {
    throw fault(`expected format version ${formatVersion}, got ${version}`)
  }
  const body = bytes.subarray(0, -8)
  const [found, stored] = [hashBytes(body), bytes.toString('hex', bytes.length - 8)]
  if (found !== stored) {
    throw fault(`the model is damaged or cut short: checksum ${found}, expected ${stored}`)
  }
  const headerBytes = bytes.readUInt32LE(8)
  const header = JSON.parse(
    bytes.toString('utf8', headBytes, headBytes + headerBytes),
  ) as ModelHeader
  const outputs = outputsOf(header)
  let at = headBytes + headerBytes + padding(headerBytes)
  const take = (length: number): ArrayBuffer => {
    const part = new Uint8Array(body.subarray(at, at + length))
    if (part.length !== length) throw fault('the file ends before its last section')
    at += length + padding(length)
    return part.buffer
  }
  return {
    header,
    table: new Int8Array(take((1 << header.features.rowBits) * (1 + outputs))),
    heldOutScores: new Float32Array(take(header.heldOut * outputs * 4)),
    heldOutLabels: new Uint16Array(take(header.heldOut * 2)),
  }
}

function bytesOf(array: Int8Array | Float32Array | Uint16Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

function padding(length: number): number {
  return -length & 7
}
