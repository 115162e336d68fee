// Builds src/backend/wasm/kernels{,-relaxed}.wasm from assembly/. Both are committed, so that a fresh
// clone needs no compiler; run this after editing assembly/ (`node scripts/build-wasm.js`). With
// `--check` it only compares: exit 1 when a committed file is not what the sources give.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const check = process.argv.includes('--check')
// Addresses below the memory base hold the job block, see assembly/job.ts.
const options = `-O3 --noAssert --runtime stub --use abort= --importMemory --sharedMemory
  --initialMemory 64 --maximumMemory 65536 --memoryBase 8192 --enable threads --enable simd`
  .trim()
  .split(/\s+/)

/**
 * @param {string} out
 * @param {string[]} features
 */
function compile(out, features) {
  const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js')
  const args = [compiler, 'assembly/index.ts', '-o', out, ...options, ...features]
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
}

/**
 * @param {string} file
 * @param {string[]} features
 */
function build(file, features) {
  const committed = join(root, 'src/backend/wasm', file)
  if (!check) return compile(committed, features)
  const fresh = join(tmpdir(), `${process.pid}-${file}`)
  compile(fresh, features)
  if (!readFileSync(fresh).equals(readFileSync(committed))) {
    process.stderr.write(`${file} is stale: run node packages/train/scripts/build-wasm.js\n`)
    process.exitCode = 1
  }
  rmSync(fresh)
}

build('kernels.wasm', [])
build('kernels-relaxed.wasm', ['--enable', 'relaxed-simd'])
