// What a provider lacks is said before anything is loaded; what is missing, with how to get it.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { BackendMissingError, ConfigError } from '@shardmill/core/errors'
import type { Device, Precision, ProviderName } from '../src/backend/provider.ts'
import { openProvider, providerNames, refusalOf } from '../src/backend/select.ts'
import { installCommand } from '../src/backend/webgpu/dawn.ts'
import { trainSchema } from '../src/config-schema.ts'
import { noDropout } from '../src/model/config.ts'

const open = (backend: ProviderName | 'auto', device?: Device, precision?: Precision) =>
  openProvider({
    backend,
    threads: 1,
    relaxed: true,
    ...(device ? { device } : {}),
    ...(precision ? { precision } : {}),
  })

const variable = 'SHARDMILL_TFJS_BINDING'
const before = process.env[variable]
afterEach(() => {
  if (before === undefined) delete process.env[variable]
  else process.env[variable] = before
})

describe('refused options', () => {
  test.each([
    ['wasm', 'auto', 'bfloat16', 'precision: wasm computes in float32, not in bfloat16'],
    ['cpu', 'auto', 'bfloat16', 'precision: cpu computes in float32, not in bfloat16'],
    ['webgpu', 'auto', 'bfloat16', 'precision: webgpu computes in float32, not in bfloat16'],
    ['tfjs-node-gpu', 'auto', 'bfloat16', 'precision: tfjs-node-gpu computes in float32'],
    ['wasm', 'cuda:0', 'float32', 'device: wasm runs on the processor, not on cuda:0'],
    ['cpu', 'cuda:1', 'float32', 'device: cpu runs on the processor, not on cuda:1'],
    ['webgpu', 'cpu', 'float32', 'device: webgpu chooses its device itself, `cpu` cannot'],
    ['tfjs-node-gpu', 'cuda:0', 'float32', 'device: tfjs-node-gpu chooses its device itself'],
  ] as const)('%s, %s, %s', async (name, device, precision, message) => {
    const opening = open(name, device, precision)
    await expect(opening).rejects.toThrow(message)
    await expect(opening).rejects.toThrow(ConfigError)
  })

  test.each(['torch', 'webgpu', 'tfjs-node-gpu'] as const)('%s: dropout', async (backend) => {
    const dropout = { ...noDropout, attention: 0.1 }
    const opening = openProvider({ backend, threads: 1, relaxed: true, dropout })
    await expect(opening).rejects.toMatchObject({
      message: `dropout: ${backend} has none`,
      hint: 'use `backend: wasm`, or leave the key out',
    })
  })

  test('`auto` takes a provider that has dropout', async () => {
    const dropout = { ...noDropout, residual: 0.1 }
    const provider = await openProvider({ backend: 'auto', threads: 1, relaxed: true, dropout })
    expect(provider.name).toBe('wasm')
    expect(provider.description).toContain('not chosen: dropout: torch has none')
    await provider.close()
  })

  test('what a provider has is not refused', () => {
    const dropout = { ...noDropout, embedding: 0.1 }
    expect(refusalOf('wasm', { dropout })).toBeUndefined()
    expect(refusalOf('torch', { dropout: noDropout })).toBeUndefined()
    expect(refusalOf('wasm', { device: 'cpu', precision: 'float32' })).toBeUndefined()
    expect(refusalOf('torch', { device: 'cuda:0', precision: 'bfloat16' })).toBeUndefined()
    expect(refusalOf('webgpu', {})).toBeUndefined()
  })
})

test('`auto` tries all in order and tells why each was left out', async () => {
  const failure = (await open('auto', 'cuda:99').catch((error: unknown) => error)) as Error
  expect(failure).toBeInstanceOf(BackendMissingError)
  const places = providerNames.map((name) => failure.message.search(new RegExp(`${name}\\b`)))
  expect(places.every((place) => place >= 0)).toBe(true)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
})

test('`auto` says what runs and what was not chosen', async () => {
  process.env[variable] = join(import.meta.dirname, 'no-such-binding.node')
  const provider = await open('auto', 'cpu')
  expect(['torch', 'wasm']).toContain(provider.name)
  if (provider.name === 'wasm') {
    expect(provider.description).toMatch(
      /^wasm: .*\n {2}not chosen: torch: .*\n {2}not chosen: device: tfjs-node-gpu/,
    )
  }
  await provider.close()
})

test('a missing TensorFlow binding: where it was looked for, and how to get one', async () => {
  process.env[variable] = join(import.meta.dirname, 'no-such-binding.node')
  const failure = await open('tfjs-node-gpu').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(BackendMissingError)
  const { message, hint } = failure as BackendMissingError
  expect(message).toContain('is not built at')
  expect(message).toContain('no-such-binding.node')
  expect(hint).toContain('npm rebuild @tensorflow/tfjs-node-gpu')
})

function isInstalled(name: string): boolean {
  try {
    return createRequire(import.meta.url).resolve(name) !== ''
  } catch {
    return false
  }
}

const hasDawn = isInstalled('webgpu') && isInstalled('@tensorflow/tfjs-backend-webgpu')
test.skipIf(hasDawn)('missing WebGPU packages: which, and the command', async () => {
  const failure = await open('webgpu').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(BackendMissingError)
  expect((failure as Error).message).toContain('webgpu')
  expect((failure as Error).message).toContain('not installed')
  expect((failure as BackendMissingError).hint).toBe(installCommand)
})

test('the training file takes device and precision, and nothing else', () => {
  const parse = (options: object) =>
    trainSchema.safeParse({ data: 'x', model: 'gpt2-124m', ...options })
  expect(parse({}).data).toMatchObject({ device: 'auto', precision: 'float32' })
  expect(parse({ device: 'cuda:3', precision: 'bfloat16' }).success).toBe(true)
  expect(parse({ device: 'cuda' }).success).toBe(false)
  expect(parse({ device: 'cuda:x' }).success).toBe(false)
  expect(parse({ precision: 'float16' }).success).toBe(false)
})
