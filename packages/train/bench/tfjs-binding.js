// Builds the official binding of @tensorflow/tfjs-node-gpu from the sources in the npm package over the
// libtensorflow of a Python wheel, and loads it. The binding uses TensorFlow's C API only, which is
// stable; the wheel has it in libtensorflow_cc. Takes 15 s of CPU, needs g++, downloads nothing.
//   pip install --no-deps --target FOLDER tensorflow-cpu
//   node packages/train/bench/tfjs-binding.js --tensorflow FOLDER/tensorflow --out DIR
//   node packages/train/bench/tfjs-binding.js --python PYTHON --out DIR       (a Python that has it)
// Then SHARDMILL_TFJS_BINDING=DIR/tfjs_binding.node makes `backend: tfjs-node-gpu` use it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    tensorflow: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    out: { type: 'string', default: '.cache/tfjs-binding' },
  },
})
const require = createRequire(import.meta.url)
const find =
  'import importlib.util as u; print(list(u.find_spec("tensorflow").submodule_search_locations)[0])'
const tensorflow = resolve(
  values.tensorflow ?? execFileSync(values.python, ['-c', find], { encoding: 'utf8' }).trim(),
)
const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']
for (const name of [...libraries, 'include/tensorflow/c/eager/c_api.h']) {
  if (!existsSync(join(tensorflow, name))) throw new Error(`${tensorflow} has no ${name}`)
}
const layer = dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'))
const includes = [layer, require('node-api-headers').include_dir, join(tensorflow, 'include')]
mkdirSync(values.out, { recursive: true })
const binding = resolve(values.out, 'tfjs_binding.node')
execFileSync(
  process.env.CXX ?? 'g++',
  [
    '-shared',
    '-fPIC',
    '-O2',
    '-std=c++17',
    '-w',
    '-DNAPI_VERSION=8',
    ...includes.map((path) => `-I${path}`),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(layer, 'binding', name)),
    '-o',
    binding,
    `-L${tensorflow}`,
    `-Wl,-rpath,${tensorflow}`,
    ...libraries.map((name) => `-l:${name}`),
  ],
  { stdio: 'inherit' },
)
process.stdout.write(`${binding}: TensorFlow ${require(binding).TF_Version}\n`)
