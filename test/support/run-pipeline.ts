// Runs the real command in a real process, in a folder of the test's own.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../packages/cli/bin/shardmill.js', import.meta.url))

export type RunEvent = { readonly event: string } & Readonly<Record<string, unknown>>

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Lines of `--json`. */
  readonly events: readonly RunEvent[]
}

export interface RunOptions {
  readonly folder: string
  readonly args: readonly string[]
  /** Called with each event as it comes, and the process. */
  onEvent?: (event: RunEvent, child: ChildProcess) => void
}

/** Runs `shardmill …` to its end. */
export async function runCommand({ folder, args, onEvent }: RunOptions): Promise<Finished> {
  const env = { ...process.env, SHARDMILL_BUILT: '1' }
  const child = spawn(process.execPath, [launcher, ...args], { cwd: folder, env })
  const events: RunEvent[] = []
  let [stdout, stderr, line] = ['', '', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    line += text
    const lines = line.split('\n')
    line = lines.pop()!
    for (const json of lines) {
      if (!json.startsWith('{')) continue
      const event = JSON.parse(json) as RunEvent
      events.push(event)
      onEvent?.(event, child)
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, events }))
  })
}

/** A temporary folder with files in it, and the function that removes it. */
export function makeFolder(files: Readonly<Record<string, string>> = {}): {
  folder: string
  remove: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), 'shardmill-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** What a finished run reports. */
export function resultOf(run: Finished): { digest: string; kept: number } {
  const done = run.events.find(({ event }) => event === 'done')
  if (!done) throw new Error(`the run did not finish: ${run.stderr || run.stdout}`)
  return done as unknown as { digest: string; kept: number }
}
