// Live progress: on a terminal one block of lines redrawn four times a second, elsewhere one line
// per finished phase, with --json one JSON object per event.
import type { RunEvents } from '@shardmill/runtime/run'
import type { Phase } from '@shardmill/runtime/phases'
import type { Plan } from '@shardmill/runtime/plan'

export interface Display {
  readonly events: Omit<RunEvents, 'signal'>
  close(): void
}

interface StageLine {
  in: number
  kept: number
  inputSize: number
  cpuMs: number
}

const redrawMs = 250

/** A display for one run of a plan. */
export function createDisplay(plan: Plan, options: { isJson: boolean }): Display {
  if (options.isJson) return jsonDisplay()
  return process.stdout.isTTY ? terminalDisplay(plan) : lineDisplay()
}

function jsonDisplay(): Display {
  const write = (event: Record<string, unknown>): void => {
    process.stdout.write(`${JSON.stringify(event)}\n`)
  }
  return {
    events: {
      onPhase: ({ id }, tasks, done) => write({ event: 'phase', phase: id, tasks, done }),
      onTaskDone: ({ id }, index, peakRssBytes) => {
        write({ event: 'task', phase: id, index, peakRssBytes })
      },
      onProgress: ({ stages }) => write({ event: 'progress', stages }),
      onWorker: (pid) => write({ event: 'worker', pid }),
      onNotice: (message) => write({ event: 'notice', message }),
    },
    close: () => {},
  }
}

function lineDisplay(): Display {
  const startedAt = performance.now()
  return {
    events: {
      onPhase(phase, tasks, done) {
        const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
        const cached = done === 0 ? '' : `, ${done} already done`
        process.stdout.write(`[${seconds.padStart(6)} s] ${phase.id}: ${tasks} tasks${cached}\n`)
      },
      onTaskDone: () => {},
      onProgress: () => {},
      onWorker: () => {},
      onNotice: (message) => process.stderr.write(`! ${message}\n`),
    },
    close: () => {},
  }
}

function terminalDisplay(plan: Plan): Display {
  const stages = new Map<string, StageLine>()
  const startedAt = performance.now()
  let current: { phase: Phase; tasks: number; done: number; first: number; at: number } | undefined
  let drawn = 0
  const draw = (): void => {
    if (!current) return
    const lines = [phaseLine(plan, current, startedAt), ...stageLines(stages)]
    erase()
    process.stdout.write(`${lines.join('\n')}\n`)
    drawn = lines.length
  }
  const erase = (): void => {
    if (drawn > 0) process.stdout.write(`\u001b[${drawn}A\u001b[0J`)
    drawn = 0
  }
  const timer = setInterval(draw, redrawMs)
  return {
    events: {
      onPhase(phase, tasks, done) {
        current = { phase, tasks, done, first: done, at: performance.now() }
        draw()
      },
      onTaskDone: () => void (current && current.done++),
      onProgress(progress) {
        for (const [name, delta] of Object.entries(progress.stages)) {
          const line = stages.get(name) ?? { in: 0, kept: 0, inputSize: 0, cpuMs: 0 }
          line.in += delta.in
          line.kept += delta.kept
          line.inputSize += delta.inputSize
          line.cpuMs += delta.cpuMs
          stages.set(name, line)
        }
      },
      onWorker: () => {},
      onNotice(message) {
        erase()
        process.stderr.write(`! ${message}\n`)
        draw()
      },
    },
    close() {
      clearInterval(timer)
      erase()
    },
  }
}

function phaseLine(
  plan: Plan,
  state: { phase: Phase; tasks: number; done: number; first: number; at: number },
  startedAt: number,
): string {
  const number = plan.phases.findIndex((phase) => phase.id === state.phase.id) + 1
  const seconds = (performance.now() - startedAt) / 1000
  const fresh = state.done - state.first
  const perTask = (performance.now() - state.at) / 1000 / Math.max(1, fresh)
  const eta = fresh === 0 ? '' : `, ${duration(perTask * (state.tasks - state.done))} left in it`
  const bar = '█'.repeat(Math.round((20 * state.done) / state.tasks)).padEnd(20, '░')
  return (
    `${bar} phase ${number}/${plan.phases.length} ${state.phase.id}: ` +
    `${state.done}/${state.tasks} tasks, ${duration(seconds)}${eta}`
  )
}

function stageLines(stages: ReadonlyMap<string, StageLine>): string[] {
  return [...stages].map(([name, { in: entered, kept, inputSize, cpuMs }]) => {
    const perSecond = (amount: number): number => (cpuMs === 0 ? 0 : (amount * 1000) / cpuMs)
    const rate = `${Math.round(perSecond(entered))} docs/s`.padStart(14)
    const speed = `${(perSecond(inputSize) / 1e6).toFixed(1)} MB/s`.padStart(12)
    const share = entered === 0 ? '' : `${((100 * kept) / entered).toFixed(1)} % kept`.padStart(13)
    return `  ${name.padEnd(20)} ${String(entered).padStart(10)} in ${share} ${rate} ${speed}`
  })
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(0)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
