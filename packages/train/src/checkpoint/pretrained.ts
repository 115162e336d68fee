// A model's folder in the transformers layout: config.json and model.safetensors.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { commitFile } from '@shardmill/core/store'
import { InputError } from '@shardmill/core/errors'
import { resolveModel, type ModelConfig } from '../model/config.ts'
import { parameterSpecs, type ParameterSpec } from '../model/parameters.ts'
import { sinusoidalTable } from '../model/sinusoidal.ts'
import { readJson } from './read-json.ts'
import { readSafetensors, writeSafetensors, type NamedTensor } from './safetensors.ts'
import {
  parseTransformersConfig,
  sideBySide,
  splitColumns,
  transformersConfig,
  transformersLayout,
  transposed,
} from './transformers.ts'

export interface SpecialIds {
  readonly eosId?: number | undefined
  readonly bosId?: number | undefined
  readonly padId?: number | undefined
}

/** Writes config.json and model.safetensors into an existing folder. */
export function writePretrained(
  folder: string,
  config: ModelConfig,
  specs: readonly ParameterSpec[],
  parameters: ReadonlyMap<string, Tensor>,
  special: SpecialIds,
): void {
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]))
  const read = (name: string): Float32Array => parameters.get(name)!.dataSync<'float32'>()
  const tensors: NamedTensor[] = transformersLayout(config.family, specs).map((entry) => {
    const [rows, columns] = shapes.get(entry.parts[0]!) as [number, number | undefined]
    if (columns === undefined) {
      const length = rows * entry.parts.length
      return { ...entry, shape: [length], values: () => sideBySide(entry.parts.map(read), 1) }
    }
    if (entry.parts.length > 1) {
      const shape = [rows, columns * entry.parts.length]
      return { ...entry, shape, values: () => sideBySide(entry.parts.map(read), rows) }
    }
    const part = entry.parts[0]!
    if (!entry.transposed) return { ...entry, shape: [rows, columns], values: () => read(part) }
    const values = (): Float32Array => transposed(read(part), rows, columns)
    return { ...entry, shape: [columns, rows], values }
  })
  if (config.positions === 'sinusoidal') tensors.push(fixedPositions(config))
  writeSafetensors(join(folder, 'model.safetensors'), tensors)
  const json = JSON.stringify(transformersConfig(config, special), null, 2)
  commitFile(join(folder, 'config.json'), `${json}\n`)
}

/** transformers has no fixed table for these families, so it is written as if it were learned. */
function fixedPositions(config: ModelConfig): NamedTensor {
  const shape = [config.maxPositions, config.hiddenSize]
  const spec: ParameterSpec = { name: 'embedding.position', shape, start: 'normal' }
  const [entry] = transformersLayout(config.family, [spec])
  const values = (): Float32Array => {
    const table = sinusoidalTable(config.maxPositions, config.hiddenSize)
    const copy = Float32Array.from(table.dataSync())
    table.dispose()
    return copy
  }
  return { name: entry!.name, shape, values }
}

/** A model's configuration and values from a folder that transformers or we wrote. */
export function readPretrained(folder: string): {
  config: ModelConfig
  values: Map<string, Float32Array>
  special: SpecialIds
} {
  const configPath = join(folder, 'config.json')
  const file = join(folder, 'model.safetensors')
  for (const path of [configPath, file]) {
    if (existsSync(path)) continue
    throw new InputError(`no file \`${path}\``, {
      hint: 'a model folder has config.json and model.safetensors; sharded files are not read',
    })
  }
  const json = readJson(configPath)
  const options = parseTransformersConfig(configPath, json)
  const sizes = { vocabSize: options.vocabSize!, sequenceLength: options.maxPositions! }
  const config = resolveModel(options, sizes)
  const specs = parameterSpecs(config)
  const { tensors } = readSafetensors(file)
  const values = new Map<string, Float32Array>()
  for (const entry of transformersLayout(config.family, specs)) {
    const found = tensors.get(entry.name) ?? tensors.get(withoutPrefix(entry.name))
    if (!found) throw new InputError(`${file}: tensor \`${entry.name}\` is missing`)
    const [rows, columns] = specs.find(({ name }) => name === entry.parts[0])!.shape
    const size = rows! * (columns ?? 1) * entry.parts.length
    if (found.values.length !== size) {
      throw new InputError(
        `${file}: \`${entry.name}\` has ${found.values.length} numbers (${found.shape.join(' x ')}), ` +
          `config.json makes it ${size}`,
      )
    }
    if (entry.parts.length > 1) {
      const parts = splitColumns(
        found.values,
        columns === undefined ? 1 : rows!,
        entry.parts.length,
      )
      for (const [i, part] of entry.parts.entries()) values.set(part, parts[i]!)
    } else {
      const turned = entry.transposed ? transposed(found.values, columns!, rows!) : found.values
      values.set(entry.parts[0]!, turned)
    }
  }
  return { config, values, special: specialIds(json) }
}

function specialIds(json: Record<string, unknown>): SpecialIds {
  const id = (key: string): number | undefined => {
    const value: unknown = json[key]
    return typeof value === 'number' ? value : undefined
  }
  return { eosId: id('eos_token_id'), bosId: id('bos_token_id'), padId: id('pad_token_id') }
}

/** Older GPT-2 files leave the leading `transformer.` out. */
function withoutPrefix(name: string): string {
  return name.replace(/^(transformer|model|bert|roberta)\./, '')
}
