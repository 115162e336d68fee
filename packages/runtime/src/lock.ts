// One run at a time in a folder: a lock file that names the process which holds it. A lock whose
// process is gone (killed, machine restarted) is taken over.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { PipelineError } from '@shardmill/core'

interface Holder {
  readonly pid: number
  readonly host: string
  /** Start time of the process, in clock ticks since boot, where the system tells it. */
  readonly started: string
}

/** Takes the lock or throws; returns the function that gives it back. */
export function acquireLock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true })
  const own: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) }
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(own), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = readHolder(path)
    if (holder && isAlive(holder, own.host)) {
      throw new PipelineError(`another run is working in ${dirname(dirname(path))}`, {
        code: 'locked',
        hint: `process ${holder.pid} on ${holder.host}; wait for it, or stop it first`,
      })
    }
    if (attempt === 3) throw new PipelineError(`cannot take the lock ${path}`, { code: 'locked' })
    rmSync(path, { force: true })
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** On another host we cannot look: such a lock counts as held. */
function isAlive({ pid, host, started }: Holder, ownHost: string): boolean {
  if (host !== ownHost) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return startOf(pid) === started
}

/** Field 22 of /proc/<pid>/stat tells a reused pid from the same process; '' where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
