// The errors a user may meet. A message says where, what was needed and what came; `hint` says how
// to mend it. Subclasses exist only for what somebody catches. The command line maps them to exit
// codes: config 2, bad data 65, bug 70, retryable 75, anything else 1.

export interface ErrorDetails {
  readonly code?: string
  readonly hint?: string | undefined
  readonly cause?: unknown
}

export class PipelineError extends Error {
  readonly code: string
  readonly hint: string | undefined

  constructor(message: string, { code = 'run', hint, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.hint = hint
  }
}

/** The user's configuration is wrong; nothing was started. Exit code 2. */
export class ConfigError extends PipelineError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'config', ...details })
  }
}

/** An input cannot be read or is not what it claims to be; trying again will not help. Exit code 65. */
export class InputError extends PipelineError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'input', ...details })
  }
}

/** The surroundings failed (disk, memory, a killed process); trying again may help. Exit code 75. */
export class RetryableError extends PipelineError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'retryable', ...details })
  }
}

/** An optional native part (GPU binding, segmenter) is not on this machine. Exit code 1. */
export class BackendMissingError extends PipelineError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'backend-missing', ...details })
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.replace(/\s*\n\s*/g, ' ').slice(0, 2000)
}
