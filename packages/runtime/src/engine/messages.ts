// What the local engine and its workers tell each other over the child's IPC channel.
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
  | { readonly kind: 'beat' }
  | { readonly kind: 'announce'; readonly item: number; readonly stage: string }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed'
      readonly exitCode: number
      readonly message: string
      readonly hint?: string
    }

/** Exit codes of a task, understood by every engine. */
export const exitCodes = { committed: 0, badData: 65, bug: 70, retry: 75 } as const
