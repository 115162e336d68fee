// Runs the real command and collects what it says as JSON lines.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../packages/cli/bin/shardmill.js', import.meta.url))

/** Runs `shardmill pipeline run FILE --json …`; calls `onEvent` as events come. */
export function runPipeline(file, { folder, args = [], onEvent = () => {} }) {
  const env = { ...process.env, SHARDMILL_BUILT: '1' }
  const startedAt = performance.now()
  const child = spawn(process.execPath, [launcher, 'pipeline', 'run', file, '--json', ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const events = []
  let [line, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (line + text).split('\n')
    line = lines.pop()
    for (const json of lines) {
      const event = JSON.parse(json)
      events.push(event)
      onEvent(event, child)
    }
  })
  return new Promise((resolve) => {
    child.on('close', (code) => {
      const done = events.find(({ event }) => event === 'done')
      resolve({ code, events, stderr, done, seconds: (performance.now() - startedAt) / 1000 })
    })
  })
}

/** Removes a run and all it made. */
export function removeRun(name, folder) {
  const child = spawn(process.execPath, [launcher, 'pipeline', 'clean', name, '--all'], {
    cwd: folder,
    stdio: 'ignore',
  })
  return new Promise((resolve) => child.on('close', resolve))
}

/** Prints rows of cells in columns. */
export function printTable(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)))
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]),
    )
    console.log(cells.join('  '))
  }
}
