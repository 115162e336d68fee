// V8 lets a heap of short-lived strings grow to several times its live size before it collects, and
// the peak then depends on how long a worker runs. Collecting every 3 MB of input keeps the peak flat
// from the first task to the last, for 1 or 2 % of the time (docs/log.md).
const intervalBytes = 3 << 20

let bytesSince = 0

/** Notes that so many bytes of documents have been worked off; collects when it is time. */
export function relieveHeap(bytes: number): void {
  bytesSince += bytes
  if (bytesSince < intervalBytes) return
  bytesSince = 0
  // Present when the engine has started the worker with --expose-gc.
  globalThis.gc?.()
}
