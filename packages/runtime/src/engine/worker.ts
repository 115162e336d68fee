// The worker side of the local engine: a process that runs one task after another as it is told.
// It says `beat` at most four times a second while documents flow; its parent takes silence for
// death. It ends by itself when the parent is gone.
import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { ConfigError, InputError, PipelineError, messageOf } from '@shardmill/core'
import { peakMemoryBytes } from '@shardmill/core/peak-memory'
import type { Plan } from '../plan.ts'
import type { TaskHooks } from '../tasks/hooks.ts'
import { runTask } from '../tasks/run-task.ts'
import {
  exitCodes,
  formatAnnouncement,
  lifeDescriptor,
  type FromWorker,
  type ToWorker,
} from './messages.ts'

const beatMs = 250

/** Serves tasks over IPC until told to stop. */
export async function serveTasks(plan: Plan): Promise<void> {
  const stop = new AbortController()
  // Ctrl-C reaches the whole process group; the parent decides when workers stop.
  process.on('SIGINT', () => {})
  process.on('disconnect', () => process.exit(exitCodes.retry))
  const stopped = new Promise<void>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve())
  })
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') {
      stop.abort()
      return
    }
    const { phase, index, isCareful } = message
    void runTask(plan, phase, index, workerHooks(stop.signal, isCareful)).then(
      () => send({ kind: 'done', peakRssBytes: peakMemoryBytes() }),
      (error: unknown) => send(failure(error)),
    )
  })
  const orphanage = watchParent()
  send({ kind: 'ready' })
  await stopped
  process.disconnect()
  await orphanage.terminate()
}

/** A thread that ends the process when its parent is gone, even while a document hangs it. */
function watchParent(): Worker {
  const source = `
    const parent = process.ppid
    setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000)`
  const thread = new Worker(source, { eval: true })
  thread.unref()
  return thread
}

function workerHooks(signal: AbortSignal, isCareful: boolean): TaskHooks {
  let lastBeat = 0
  return {
    signal,
    isCareful,
    beat() {
      const now = performance.now()
      if (now - lastBeat < beatMs) return
      lastBeat = now
      giveSign('\n')
    },
    announce: (item, stage) => giveSign(formatAnnouncement({ item, stage })),
    progress: (progress) => send({ kind: 'progress', progress }),
  }
}

/** Writes to the pipe for signs of life, waiting when the parent is slow to read. */
function giveSign(line: string): void {
  for (;;) {
    try {
      writeSync(lifeDescriptor, line)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

function send(message: FromWorker): void {
  if (process.connected) process.send!(message)
}

/** The exit code that tells an engine what to do about an error. */
export function exitCodeOf(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof InputError || error instanceof ConfigError) return exitCodes.badData
  if (error instanceof PipelineError) return exitCodes.retry
  if (code !== undefined && /^E[A-Z0-9]+$/.test(code)) return exitCodes.retry
  return exitCodes.bug
}

function failure(error: unknown): FromWorker {
  const exitCode = exitCodeOf(error)
  const stack = exitCode === exitCodes.bug && error instanceof Error ? error.stack : undefined
  const hint = error instanceof PipelineError ? error.hint : diskHint(error)
  const message = stack ?? messageOf(error)
  return { kind: 'failed', exitCode, message, ...(hint !== undefined && { hint }) }
}

function diskHint(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC')
    return 'free some space and run the same command again; finished parts are kept'
  if (code === 'EROFS' || code === 'EACCES') return 'make the output folder writable'
  return undefined
}
