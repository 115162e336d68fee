// The most memory this process has held. `process.resourceUsage().maxRSS` is not that on Linux: a child
// process starts with the peak of the process that started it (exec keeps `maxrss`), so a small worker
// of a large parent reports the parent. VmHWM belongs to the memory map, which exec makes anew.
import { readFileSync } from 'node:fs'

/** Peak resident memory of this process in bytes. */
export function peakMemoryBytes(): number {
  try {
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kibibytes !== undefined) return Number(kibibytes) * 1024
  } catch {
    // No /proc: not Linux, where the figure below is the process's own.
  }
  // Kibibytes on every system Node runs on (libuv).
  return process.resourceUsage().maxRSS * 1024
}
