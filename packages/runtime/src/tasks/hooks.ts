// What a task is given by whoever runs it: a way to say that it is alive, to report progress, and
// to learn that it should stop.
export interface TaskHooks {
  readonly signal: AbortSignal
  /** Careful mode after a crash: documents go one by one, each announced before it is touched. */
  readonly isCareful: boolean
  /** The task is alive. Cheap enough to call per document and stage. */
  beat(): void
  /** About to give this item to a stage; the last announced one is suspected when the worker dies. */
  announce(item: number, stage: string): void
  progress(delta: Progress): void
}

/** What happened since the last report, for the live display only. */
export interface Progress {
  /** By stage label. */
  readonly stages: Readonly<Record<string, StageProgress>>
}

export interface StageProgress {
  readonly in: number
  readonly kept: number
  readonly inputSize: number
  readonly cpuMs: number
}

/** Hooks that do nothing, for a task that is run on its own. */
export function silentHooks(signal: AbortSignal): TaskHooks {
  const nothing = (): void => {}
  return { signal, isCareful: false, beat: nothing, announce: nothing, progress: nothing }
}
