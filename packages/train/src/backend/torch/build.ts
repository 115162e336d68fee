// Builds the addon over libtorch by calling the compiler: no node-gyp, no downloads. Finds libtorch by
// SHARDMILL_TORCH (a folder with include/ and lib/), a Python that has torch, or system headers.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { commitFile } from '@shardmill/core/store'
import { BackendMissingError, messageOf } from '@shardmill/core/errors'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The built addon, and what it was built over. */
export const addonPath = join(root, '.cache', 'torch.node')
export const addonInfoPath = join(root, '.cache', 'torch.json')

export interface TorchPlace {
  readonly version: string
  readonly include: readonly string[]
  readonly lib: string
  /** How it was found. */
  readonly source: string
}

/** What the addon was built over. */
export function builtOver(): TorchPlace {
  return JSON.parse(readFileSync(addonInfoPath, 'utf8')) as TorchPlace
}

/** Where libtorch is; throws `BackendMissingError` with every place that was looked at. */
export function findTorch(): TorchPlace {
  const tried: string[] = []
  for (const [source, folder] of candidates()) {
    tried.push(`${source}: ${folder ?? 'none'}`)
    if (folder === undefined) continue
    const isSystem = source === 'system'
    const include = isSystem ? '/usr/include' : join(folder, 'include')
    const lib = isSystem ? folder : join(folder, 'lib')
    if (!existsSync(join(include, 'ATen', 'ATen.h')) || !existsSync(join(lib, 'libtorch_cpu.so'))) {
      continue
    }
    const api = join(include, 'torch', 'csrc', 'api', 'include')
    return { version: versionOf(include), include: [include, api], lib, source }
  }
  throw new BackendMissingError(`torch: no libtorch found (${tried.join('; ')})`, {
    hint: 'pip install torch, or apt install libtorch-dev, or set SHARDMILL_TORCH to an unpacked libtorch',
  })
}

function candidates(): [string, string | undefined][] {
  const python = process.env['SHARDMILL_PYTHON'] ?? 'python3'
  let pip: string | undefined
  try {
    const script =
      'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])'
    pip = execFileSync(python, ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    pip = undefined
  }
  return [
    ['SHARDMILL_TORCH', process.env['SHARDMILL_TORCH']],
    [python, pip],
    ['system', '/usr/lib/x86_64-linux-gnu'],
    ['system', '/usr/lib/aarch64-linux-gnu'],
  ]
}

function versionOf(include: string): string {
  const files = ['torch/csrc/api/include/torch/version.h', 'torch/headeronly/version.h']
  for (const file of files) {
    const path = join(include, file)
    if (!existsSync(path)) continue
    const text = readFileSync(path, 'utf8')
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`#define TORCH_VERSION_${part} (\\d+)`).exec(text)?.[1],
    )
    if (parts.every((part) => part !== undefined)) return parts.join('.')
  }
  return 'unknown'
}

/**
 * Compiles and links, about a minute of CPU for each of six files, so as many at once as there are
 * cores. Gives what it was built over.
 */
export async function buildTorch(compiler = process.env['CXX'] ?? 'g++'): Promise<TorchPlace> {
  const torch = findTorch()
  const folder = join(root, 'native', 'torch')
  const sources = readdirSync(folder).filter((name) => name.endsWith('.cc'))
  mkdirSync(join(root, '.cache'), { recursive: true })
  const fresh = `${addonPath}.${process.pid}.part`
  const objects = sources.map((name) => `${fresh}.${name}.o`)
  const jobs = sources.map((name, i) => [
    ...compileFlags(torch),
    '-c',
    join(folder, name),
    '-o',
    objects[i]!,
  ])
  try {
    const worker = async (): Promise<void> => {
      for (let job = jobs.pop(); job; job = jobs.pop()) await call(compiler, job)
    }
    await Promise.all(Array.from({ length: availableParallelism() }, worker))
    await call(compiler, ['-shared', ...objects, '-o', fresh, ...linkFlags(torch)])
  } finally {
    for (const path of objects) rmSync(path, { force: true })
  }
  renameSync(fresh, addonPath)
  commitFile(addonInfoPath, `${JSON.stringify(torch, null, 2)}\n`)
  return torch
}

function compileFlags({ include, version }: TorchPlace): string[] {
  const headers = createRequire(import.meta.url)('node-api-headers') as { include_dir: string }
  const flash = join(include[0]!, 'ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h')
  const isRecent = existsSync(flash) && readFileSync(flash, 'utf8').includes('attn_mask')
  return [
    '-fPIC',
    '-O2',
    '-std=c++20',
    `-DSHARDMILL_TORCH_VERSION="${version}"`,
    ...(isRecent ? ['-DSHARDMILL_FLASH_CPU'] : []),
    ...[headers.include_dir, ...include].map((path) => `-I${path}`),
  ]
}

/**
 * CUDA's half is linked where a GPU is; elsewhere the same libtorch is used without loading it, and
 * the addon loads it when it is asked for.
 */
function linkFlags({ lib }: TorchPlace): string[] {
  const hasGpu = existsSync('/dev/nvidiactl') || process.env['SHARDMILL_TORCH_CUDA'] === '1'
  const cuda =
    hasGpu && existsSync(join(lib, 'libtorch_cuda.so'))
      ? ['-Wl,--no-as-needed', '-ltorch_cuda', '-lc10_cuda', '-Wl,--as-needed']
      : []
  return [`-L${lib}`, `-Wl,-rpath,${lib}`, ...cuda, '-ltorch_cpu', '-lc10']
}

async function call(compiler: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(compiler, [...args], { maxBuffer: 2 ** 26 })
  } catch (cause) {
    const output = (cause as { stderr?: string }).stderr ?? ''
    const text = output === '' ? messageOf(cause) : output
    const first = text.split('\n').find((line) => line.includes('error')) ?? text.slice(0, 300)
    throw new BackendMissingError(`torch: the addon did not compile: ${first}`, {
      cause,
      hint: 'a C++20 compiler is needed (g++ 10 or clang 12 on); CXX names another one',
    })
  }
}
