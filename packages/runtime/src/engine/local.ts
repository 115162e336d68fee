// Runs tasks in child processes on this machine, one per slot, each the very command that any other
// engine would run. Processes, not threads: a crash or a runaway allocation ends one task, not the
// run (see docs/log.md for the cost: none). The engine watches them:
//
// - a worker that dies, or is silent for `stuckSeconds` on one document, is replaced and its task
//   goes on after its last committed part;
// - the second attempt is careful: one document at a time, each announced first. The document that
//   was announced last when a careful worker dies is suspected; suspected twice, it is guilty and
//   goes to quarantine.
import { fork, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { PipelineError, RetryableError } from '@shardmill/core'
import type { Phase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { taskFolder } from '../state.ts'
import { addGuilty } from '../tasks/guilty.ts'
import { cpuSeconds } from './cpu-time.ts'
import type { Engine, EngineEvents } from './engine.ts'
import { exitCodes, lifeDescriptor, parseAnnouncement, type Announcement } from './messages.ts'
import type { FromWorker, ToWorker } from './messages.ts'

export interface LocalEngineOptions {
  readonly workers: number
  readonly stuckSeconds: number
  readonly workerMemoryMB: number
  /** The launcher and its arguments: what to run for a worker of this plan. */
  readonly command: readonly [script: string, ...args: string[]]
}

const startSeconds = 60
const checkMs = 250
/** Tasks that do not go document by document may be silent for longer. */
const otherStuckSeconds = 600
const stopMs = 2000
/** Deaths of one task without a new part or a document found guilty before the run gives up. */
const maxDeaths = 10
const maxRetries = 3
const stderrBytes = 4096

interface Task {
  readonly index: number
  deaths: number
  retries: number
  isCareful: boolean
  suspect: Announcement | undefined
}

interface Slot {
  readonly child: ChildProcess
  task: Task | undefined
  lastSign: number
  /** CPU seconds it had used when we first saw its last sign of life, and which sign that was. */
  cpuAtSign: number | undefined
  notedSign: number
  isStarting: boolean
  /** Why we killed it, when we did. */
  verdict: string | undefined
  announced: Announcement | undefined
  stderr: string
}

interface Job {
  readonly plan: Plan
  readonly phase: Phase
  readonly events: EngineEvents
  readonly waiting: Task[]
  running: number
  settle(error?: Error): void
}

/** An engine of `workers` child processes. */
export function createLocalEngine(options: LocalEngineOptions): Engine {
  return new LocalEngine(options)
}

class LocalEngine implements Engine {
  readonly name = 'local'
  readonly #options: LocalEngineOptions
  readonly #slots = new Set<Slot>()
  #job: Job | undefined
  #isClosing = false
  #lastCheck = 0

  constructor(options: LocalEngineOptions) {
    this.#options = options
  }

  async run(
    plan: Plan,
    phase: Phase,
    indices: readonly number[],
    events: EngineEvents,
  ): Promise<void> {
    if (indices.length === 0) return
    const waiting = indices.map((index) => ({
      index,
      deaths: 0,
      retries: 0,
      isCareful: false,
      suspect: undefined,
    }))
    this.#lastCheck = performance.now()
    const watch = setInterval(() => this.#check(), checkMs)
    let onAbort = (): void => {}
    try {
      await new Promise<void>((resolve, reject) => {
        const settle = (error?: Error): void => (error ? reject(error) : resolve())
        onAbort = () => settle(events.signal.reason as Error)
        events.signal.addEventListener('abort', onAbort, { once: true })
        this.#job = { plan, phase, events, waiting, running: 0, settle }
        this.#fill()
      })
    } finally {
      clearInterval(watch)
      events.signal.removeEventListener('abort', onAbort)
      this.#job = undefined
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const exits = [...this.#slots].map(
      (slot) => new Promise<void>((resolve) => slot.child.once('exit', () => resolve())),
    )
    for (const { child } of this.#slots) if (child.connected) tell(child, { kind: 'stop' })
    const force = setTimeout(() => {
      for (const { child } of this.#slots) child.kill('SIGKILL')
    }, stopMs)
    await Promise.all(exits)
    clearTimeout(force)
  }

  /** Gives waiting tasks to idle workers, starting new ones while there are free slots. */
  #fill(): void {
    const job = this.#job
    if (!job || this.#isClosing) return
    for (const slot of this.#slots) {
      if (job.waiting.length === 0) return
      if (!slot.task && !slot.isStarting) this.#assign(slot, job)
    }
    const starting = [...this.#slots].filter((slot) => slot.isStarting).length
    const wanted = Math.min(job.waiting.length - starting, this.#options.workers - this.#slots.size)
    for (let i = 0; i < wanted; i++) this.#start()
  }

  #start(): void {
    const [script, ...args] = this.#options.command
    const child = fork(script, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
      execArgv: [
        `--max-old-space-size=${this.#options.workerMemoryMB}`,
        '--max-semi-space-size=8',
        '--expose-gc',
      ],
      env: { ...process.env, SHARDMILL_BUILT: '1' },
    })
    const slot: Slot = {
      child,
      task: undefined,
      lastSign: performance.now(),
      cpuAtSign: undefined,
      notedSign: 0,
      isStarting: true,
      verdict: undefined,
      announced: undefined,
      stderr: '',
    }
    this.#slots.add(slot)
    if (child.pid !== undefined) this.#job?.events.onWorker(child.pid)
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      slot.stderr = (slot.stderr + text).slice(-stderrBytes)
    })
    const life = child.stdio[lifeDescriptor] as Readable
    let line = ''
    life.setEncoding('utf8').on('data', (text: string) => {
      slot.lastSign = performance.now()
      const lines = (line + text).split('\n')
      line = lines.pop()!
      for (const announced of lines) slot.announced = parseAnnouncement(announced) ?? slot.announced
    })
    child.on('message', (message: FromWorker) => this.#receive(slot, message))
    child.on('error', (error) => (slot.stderr += error.message))
    // Not `exit`: what the worker has written last is read before `close`.
    child.on('close', (code, signal) => this.#lose(slot, code, signal))
  }

  #assign(slot: Slot, job: Job): void {
    const task = job.waiting.shift()!
    slot.task = task
    slot.lastSign = performance.now()
    slot.announced = undefined
    job.running++
    const { index, isCareful } = task
    tell(slot.child, { kind: 'run', phase: job.phase.id, index, isCareful })
  }

  #receive(slot: Slot, message: FromWorker): void {
    slot.lastSign = performance.now()
    const job = this.#job
    if (message.kind === 'ready') {
      slot.isStarting = false
      this.#fill()
    } else if (message.kind === 'progress') {
      job?.events.onProgress(message.progress)
    } else if (message.kind === 'done') {
      this.#finish(slot, message.peakRssBytes)
    } else if (message.kind === 'failed') {
      this.#fail(slot, message)
    }
  }

  #finish(slot: Slot, peakRssBytes: number): void {
    const { task } = slot
    slot.task = undefined
    const job = this.#job
    if (!job || !task) return
    job.running--
    job.events.onTaskDone(task.index, peakRssBytes)
    if (job.waiting.length === 0 && job.running === 0) job.settle()
    else this.#fill()
  }

  #fail(slot: Slot, failure: FromWorker & { kind: 'failed' }): void {
    const { task } = slot
    slot.task = undefined
    const job = this.#job
    if (!job || !task) return
    job.running--
    const where = `${job.phase.id} task ${task.index}`
    if (failure.exitCode === exitCodes.retry && ++task.retries <= maxRetries && !failure.hint) {
      job.events.onNotice(`${where}: ${failure.message}; trying again`)
      job.waiting.push(task)
      this.#fill()
      return
    }
    const code = failure.exitCode === exitCodes.badData ? 'input' : 'run'
    const { hint } = failure
    job.settle(new PipelineError(`${where}: ${failure.message}`, { code, hint }))
  }

  #lose(slot: Slot, code: number | null, signal: NodeJS.Signals | null): void {
    this.#slots.delete(slot)
    const job = this.#job
    if (this.#isClosing || !job) return
    const cause = slot.verdict ?? causeOfDeath(slot, code, signal)
    const { task } = slot
    if (!task) {
      if (!slot.isStarting) return
      const detail = slot.stderr.trim()
      job.settle(
        new PipelineError(`a worker did not start: ${cause}`, { hint: detail || undefined }),
      )
      return
    }
    job.running--
    if (this.#judge(job, task, slot, cause)) return
    if (++task.deaths > maxDeaths) {
      const message = `${job.phase.id} task ${task.index}: its worker died ${maxDeaths} times: ${cause}`
      job.settle(new RetryableError(message, { hint: slot.stderr.trim() || undefined }))
      return
    }
    job.waiting.unshift(task)
    this.#fill()
  }

  /** Who is to blame for a worker's death; true when nothing can be set apart and the run ends. */
  #judge(job: Job, task: Task, slot: Slot, cause: string): boolean {
    const where = `${job.phase.id} task ${task.index}`
    const { announced } = slot
    if (!task.isCareful || announced === undefined) {
      job.events.onNotice(`${where}: ${cause}; going on one record at a time`)
    } else if (task.suspect?.item !== announced.item) {
      const { item, stage } = announced
      job.events.onNotice(`${where}: ${cause} in ${stage} at record ${item}; trying once more`)
      task.suspect = announced
    } else if (announced.stage === 'read') {
      const message = `${where}: the worker ${cause} twice while reading on from record ${announced.item}`
      job.settle(new PipelineError(message, { code: 'input' }))
      return true
    } else {
      const { item, stage } = announced
      const folder = taskFolder(job.plan, job.phase, task.index)
      addGuilty(folder, item, { stage, error: `the worker ${cause}` })
      job.events.onNotice(`${where}: record ${item} goes to quarantine: ${stage}: ${cause}`)
      task.suspect = undefined
      task.deaths = 0
    }
    task.isCareful = true
    return false
  }

  #stuckSeconds(): number {
    const isMap = this.#job?.phase.kind === 'map'
    return isMap
      ? this.#options.stuckSeconds
      : Math.max(otherStuckSeconds, this.#options.stuckSeconds)
  }

  /** Kills workers that have been silent for too long. */
  #check(): void {
    const now = performance.now()
    const wasLate = now - this.#lastCheck > checkMs + 1000
    this.#lastCheck = now
    // When this process itself was held up, signs of life are still waiting to be read.
    if (wasLate) return
    for (const slot of this.#slots) {
      if (!slot.task && !slot.isStarting) continue
      const limit = slot.isStarting ? startSeconds : this.#stuckSeconds()
      noteCpu(slot)
      const silence = (now - slot.lastSign) / 1000
      if (silence < limit || slot.verdict || isStarved(slot, silence, limit)) continue
      slot.verdict = `gave no sign of life for ${limit} s`
      slot.child.kill('SIGKILL')
    }
  }
}

function noteCpu(slot: Slot): void {
  if (slot.notedSign === slot.lastSign || slot.child.pid === undefined) return
  slot.notedSign = slot.lastSign
  slot.cpuAtSign = cpuSeconds(slot.child.pid)
}

/**
 * On a crowded machine a worker may be silent because it hardly gets to run. It is not stuck as long
 * as it does run but has not yet used half the limit in CPU time; ten times the limit ends all mercy.
 */
function isStarved(slot: Slot, silence: number, limit: number): boolean {
  if (slot.cpuAtSign === undefined || silence > 10 * limit) return false
  const used = (cpuSeconds(slot.child.pid!) ?? 0) - slot.cpuAtSign
  return used > 0.01 * silence && used < limit / 2
}

function tell(child: ChildProcess, message: ToWorker): void {
  child.send(message, () => {})
}

function causeOfDeath(slot: Slot, code: number | null, signal: NodeJS.Signals | null): string {
  if (/heap out of memory|Allocation failed/.test(slot.stderr)) return 'ran out of memory'
  return signal ? `was killed by ${signal}` : `ended with exit code ${code}`
}
