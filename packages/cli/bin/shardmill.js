#!/usr/bin/env node
// The launcher: brings `dist` up to date when it runs inside the repository, then starts the command.
// A child process started by the engine skips the check: its parent has just made it.
import { existsSync } from 'node:fs'

const sources = new URL('../src/main.ts', import.meta.url)
if (process.env.SHARDMILL_BUILT !== '1' && existsSync(sources)) {
  const { buildStale } = await import('../build.js')
  await buildStale()
}
const { main } = await import('../dist/main.js')
process.exitCode = await main(process.argv.slice(2))
