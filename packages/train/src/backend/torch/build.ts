// Builds the addon over libtorch with one compiler call: no node-gyp, no downloads. Finds libtorch by
// SHARDMILL_TORCH (a folder with include/ and lib/), a Python that has torch, or system headers.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

/** Compiles and links; takes about a minute. Gives what it was built over. */
export function buildTorch(compiler = process.env['CXX'] ?? 'g++'): TorchPlace {
  const torch = findTorch()
  const headers = createRequire(import.meta.url)('node-api-headers') as { include_dir: string }
  const folder = join(root, 'native', 'torch')
  const sources = readdirSync(folder).filter((name) => name.endsWith('.cc'))
  const flash = join(torch.include[0]!, 'ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h')
  const isRecent = existsSync(flash) && readFileSync(flash, 'utf8').includes('attn_mask')
  mkdirSync(join(root, '.cache'), { recursive: true })
  const fresh = `${addonPath}.${process.pid}.part`
  const includes = [headers.include_dir, ...torch.include].map((path) => `-I${path}`)
  const flags = ['-shared', '-fPIC', '-O2', '-std=c++20', ...includes]
  if (isRecent) flags.push('-DSHARDMILL_FLASH_CPU')
  flags.push(`-DSHARDMILL_TORCH_VERSION="${torch.version}"`)
  const libraries = [`-L${torch.lib}`, `-Wl,-rpath,${torch.lib}`, '-ltorch_cpu', '-lc10']
  const args = [...flags, ...sources.map((name) => join(folder, name)), '-o', fresh, ...libraries]
  try {
    execFileSync(compiler, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (cause) {
    const output = (cause as { stderr?: Buffer }).stderr?.toString() ?? messageOf(cause)
    const first = output.split('\n').find((line) => line.includes('error')) ?? output.slice(0, 300)
    throw new BackendMissingError(`torch: the addon did not compile: ${first}`, {
      cause,
      hint: 'a C++20 compiler is needed (g++ 10 or clang 12 on); CXX names another one',
    })
  }
  renameSync(fresh, addonPath)
  commitFile(addonInfoPath, `${JSON.stringify(torch, null, 2)}\n`)
  return torch
}
