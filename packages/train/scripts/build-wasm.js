// Builds src/backend/wasm/kernels{,-relaxed}.wasm from assembly/. Both are committed, so that a fresh
// clone needs no compiler; run this after editing assembly/ (`node scripts/build-wasm.js`). With
// `--check` it only compares: exit 1 when a committed file is not what the sources give.
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execFileSync } from 'node:child_process'

const root = fileURLToPath(new URL('..', import.meta.url))
const check = process.argv.includes('--check')
let stale = 0

for (const [file, feature] of [
  ['kernels.wasm', []],
  ['kernels-relaxed.wasm', ['--enable', 'relaxed-simd']],
]) {
  const committed = join(root, 'src/backend/wasm', file)
  const out = check ? join(tmpdir(), `${process.pid}-${file}`) : committed
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/assemblyscript/bin/asc.js'),
      'assembly/index.ts',
      ...['-o', out, '-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '64', '--maximumMemory', '65536'],
      ...['--memoryBase', '8192', '--enable', 'threads', '--enable', 'simd', ...feature],
    ],
    { cwd: root, stdio: 'inherit' },
  )
  if (!check) continue
  if (!readFileSync(out).equals(readFileSync(committed))) {
    process.stderr.write(`${file} is stale: run node scripts/build-wasm.js\n`)
    stale++
  }
  rmSync(out)
}
process.exitCode = stale > 0 ? 1 : 0
