// Turns stale `src/**/*.ts` of every workspace package into `dist/**/*.js` by stripping types, so
// that Node 20 can run and spawn them. One `stat` per file when nothing changed (about 10 ms);
// oxc-transform is loaded only when something did. Each output is written under a temporary name
// and renamed, so two first runs at once agree. Outputs whose source is gone are removed.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packagesDir = fileURLToPath(new URL('..', import.meta.url))

/** Rebuilds what changed in all packages; returns how many files were written. */
export async function buildStale() {
  const stale = []
  for (const name of readdirSync(packagesDir)) {
    const source = join(packagesDir, name, 'src')
    if (!existsSync(source)) continue
    collectStale(source, join(packagesDir, name, 'dist'), stale)
  }
  if (stale.length === 0) return 0
  const { transformSync } = await import('oxc-transform')
  for (const { from, to, mtime } of stale) {
    mkdirSync(dirname(to), { recursive: true })
    const temporary = `${to}.${process.pid}.part`
    if (from.endsWith('.ts')) {
      const { code, errors } = transformSync(from, readFileSync(from, 'utf8'), {
        target: 'es2023',
        typescript: { rewriteImportExtensions: 'rewrite' },
      })
      if (errors.length > 0) throw new Error(`${from}: ${errors.map((e) => e.message).join('; ')}`)
      writeFileSync(temporary, code)
    } else {
      copyFileSync(from, temporary)
    }
    utimesSync(temporary, mtime, mtime)
    renameSync(temporary, to)
  }
  return stale.length
}

/** An output carries its source's modification time: any difference, older or newer, is stale. */
function collectStale(source, target, stale) {
  const expected = new Set()
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const from = join(source, entry.name)
    if (entry.isDirectory()) {
      expected.add(entry.name)
      collectStale(from, join(target, entry.name), stale)
      continue
    }
    const name = entry.name.replace(/\.ts$/, '.js')
    expected.add(name)
    const { mtime } = statSync(from)
    const to = join(target, name)
    const built = statSync(to, { throwIfNoEntry: false })
    // Some file systems keep whole milliseconds only.
    if (!built || Math.abs(built.mtimeMs - mtime.getTime()) > 2) stale.push({ from, to, mtime })
  }
  if (!existsSync(target)) return
  for (const name of readdirSync(target)) {
    if (!expected.has(name) && !name.endsWith('.part')) {
      rmSync(join(target, name), { recursive: true, force: true })
    }
  }
}
