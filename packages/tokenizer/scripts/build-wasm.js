// Builds src/training.wasm from assembly/. It is committed, so that a fresh clone needs no compiler;
// run this after editing assembly/ (`node scripts/build-wasm.js`). With `--check` it only compares:
// exit 1 when the committed file is not what the sources give.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const options = '-O3 --noAssert --runtime minimal --use abort= --initialMemory 2'
const committed = join(root, 'src/training.wasm')

/** @param {string} out */
function compile(out) {
  const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js')
  const args = [compiler, 'assembly/training.ts', '-o', out, ...options.split(' ')]
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
}

if (process.argv.includes('--check')) {
  const fresh = join(tmpdir(), `${process.pid}-training.wasm`)
  compile(fresh)
  if (!readFileSync(fresh).equals(readFileSync(committed))) {
    process.stderr.write(
      'training.wasm is stale: run node packages/tokenizer/scripts/build-wasm.js\n',
    )
    process.exitCode = 1
  }
  rmSync(fresh)
} else compile(committed)
