// Packs what bench/gpu_check.py needs on a machine with a GPU, Python, torch and g++, but without Node
// and without a package registry: Node itself, our compiled packages, the addon's sources, and exactly
// those files of npm packages that the check loads (found by loading it here). One archive of about
// 30 MB; unpack it anywhere.
//   node packages/train/bench/gpu-kit.js [--out gpu-kit.tar.xz]
import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'

const { values } = parseArgs({ options: { out: { type: 'string', default: 'gpu-kit.tar.xz' } } })
const root = fileURLToPath(new URL('../../../', import.meta.url))
const train = join(root, 'packages/train')
const require = createRequire(join(train, 'package.json'))
await buildStale()

// Everything the check loads, without an addon: the modules of the step and the kernel layer.
for (const name of ['loop/step', 'model/model', 'model/cost', 'objective/clm', 'optimizer/adamw']) {
  await import(new URL(`../dist/${name}.js`, import.meta.url))
}
await import(new URL('../dist/backend/self-test.js', import.meta.url))
await import(new URL('../dist/backend/torch/provider.js', import.meta.url))
require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend')
require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels')

const files = new Set(Object.keys(require.cache))
const links = new Set()
// Carried whole: zod, an ES module and so not in the cache of CommonJS, and the headers.
const modules = ['zod', 'node-api-headers'].map((name) =>
  dirname(realpathSync(require.resolve(`${name}/package.json`))),
)
for (const file of [...files, ...modules]) {
  // The manifest of each package, and the links by which its importers find it.
  const match = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))(?:\/|$)/.exec(file)
  if (match) files.add(join(match[1], 'package.json'))
}
for (const folder of [join(root, 'node_modules/.pnpm'), train, join(root, 'packages/core')])
  addLinks(folder)

/** Links of `node_modules` folders whose target is a package we carry. */
function addLinks(folder) {
  const carried = new Set([...files, ...modules].map((file) => packageOf(file)).filter(Boolean))
  // pnpm keeps each package with its own links, and all of them once more in .pnpm/node_modules.
  for (const each of folder.endsWith('.pnpm') ? ['', ...readdirSync(folder)] : ['']) {
    const base = join(folder, each, 'node_modules')
    for (const path of namesIn(base)) {
      if (!lstatSync(path).isSymbolicLink()) continue
      const target = realpathSync(path)
      if (carried.has(target) || target.startsWith(join(root, 'packages'))) links.add(path)
    }
  }
}

function packageOf(file) {
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)(?:\/|$)/.exec(file)?.[1]
}

function namesIn(folder) {
  try {
    return readdirSync(folder).flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(folder, name)).map((part) => join(folder, name, part))
        : [join(folder, name)],
    )
  } catch {
    return []
  }
}

const own = [
  ...['package.json', 'dist', 'native', 'bench'].map((name) => join(train, name)),
  ...['package.json', 'dist'].map((name) => join(root, 'packages/core', name)),
  join(root, 'package.json'),
  ...modules,
]
const staging = mkdtempSync(join(tmpdir(), 'shardmill-gpu-kit-'))
symlinkSync(process.execPath, join(staging, 'node'))
const list = [...files, ...links, ...own].map((path) => relative(root, path))
writeFileSync(
  join(staging, 'list'),
  [...new Set(list)].filter((path) => !path.startsWith('..')).join('\n'),
)
const tar = join(staging, 'kit.tar')
execFileSync('tar', ['-cf', tar, '-C', root, '--exclude=.cache', '-T', join(staging, 'list')])
execFileSync('tar', ['-rf', tar, '-C', staging, '--dereference', 'node'])
execFileSync('xz', ['-2', tar])
execFileSync('mv', [`${tar}.xz`, resolve(values.out)])
rmSync(staging, { recursive: true })
process.stdout.write(`${resolve(values.out)}: ${list.length} entries and Node ${process.version}\n`)
