// What the local engine and its workers tell each other. Orders and results go over the child's IPC
// channel. Signs of life go over a pipe of their own, written synchronously: messages of the IPC
// channel wait for the event loop, which a busy worker does not reach and a dying one never does.
import type { Progress } from '../tasks/hooks.ts'

export type ToWorker =
  | {
      readonly kind: 'run'
      readonly phase: string
      readonly index: number
      readonly isCareful: boolean
    }
  | { readonly kind: 'stop' }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly peakRssBytes: number }
  | {
      readonly kind: 'failed'
      readonly exitCode: number
      readonly message: string
      readonly hint?: string
    }

/** Exit codes of a task, understood by every engine. */
export const exitCodes = { committed: 0, badData: 65, bug: 70, retry: 75 } as const

/** The worker's end of the pipe for signs of life. */
export const lifeDescriptor = 4

/** One line of that pipe: empty for a heartbeat, else the record about to be given to a stage. */
export interface Announcement {
  readonly item: number
  readonly stage: string
}

export function formatAnnouncement({ item, stage }: Announcement): string {
  return `${item} ${stage}\n`
}

export function parseAnnouncement(line: string): Announcement | undefined {
  const space = line.indexOf(' ')
  return space < 0
    ? undefined
    : { item: Number(line.slice(0, space)), stage: line.slice(space + 1) }
}
