// `pnpm bench NAME [arguments]`: whole-run benchmarks. Micro benchmarks live in packages/*/bench.
import { readdirSync } from 'node:fs'
import { buildStale } from '../../packages/cli/build.js'

const [name, ...args] = process.argv.slice(2)
const benches = readdirSync(import.meta.dirname)
  .filter((file) => /^[a-z-]+\.bench\.mjs$/.test(file))
  .map((file) => file.replace('.bench.mjs', ''))

if (!benches.includes(name)) {
  console.log(`usage: pnpm bench ${benches.join('|')} [--help]`)
  process.exit(name === undefined || name === '--help' ? 0 : 2)
}
await buildStale()
const { bench } = await import(`./${name}.bench.mjs`)
await bench(args)
