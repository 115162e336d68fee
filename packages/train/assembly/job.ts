// One job at a time, shared by all threads: a kernel id, its arguments and a number of tiles. Every
// thread takes the next tile from an atomic counter until none is left, so a thread that the system
// starves costs only its own tile (a static split would wait for it).
//
// Which thread computes a tile never changes its value, and kernels that reduce do so inside one
// tile or leave partial sums per tile: results do not depend on the number of threads.
//
// A late thread is harmless: between jobs the counter stands at CLOSED, beyond any tile; the
// arguments are written before the counter is opened with 0.
export const JOB: usize = 1024
const EPOCH: usize = JOB
const COUNTER: usize = JOB + 64
const DONE: usize = JOB + 128
const TILES: usize = JOB + 192
const KERNEL: usize = JOB + 196
const SLEEPERS: usize = JOB + 256
const STOP: usize = JOB + 320
const ARGS: usize = JOB + 384
const SCRATCH: usize = JOB + 1024
const CLOSED: i32 = 0x40000000

/** Spins before sleeping: about 50 us, longer than the pause between two kernels of a step. */
const SPINS: i32 = 20000

let thread: i32 = 0

/** Tells this instance which thread it is; 0 is the caller of `runJob`. */
export function setThread(index: i32): void {
  thread = index
}

/** Scratch memory of this thread, for packed panels and attention blocks; the host may move it
 * between jobs. */
@inline
export function scratchMemory(): usize {
  return <usize>load<u32>(SCRATCH + ((<usize>thread) << 2))
}

/** Integer argument `index` of the current job. */
@inline
export function int(index: i32): i32 {
  return load<i32>(ARGS + ((<usize>index) << 2))
}

/** Pointer argument `index` of the current job. */
@inline
export function pointer(index: i32): usize {
  return <usize>load<u32>(ARGS + ((<usize>index) << 2))
}

/** Float argument `index` of the current job. */
@inline
export function float(index: i32): f32 {
  return load<f32>(ARGS + ((<usize>index) << 2))
}

/** Takes the next tile, or a number beyond the last. */
@inline
export function takeTile(): i32 {
  return atomic.add<i32>(COUNTER, 1)
}

@inline
export function tileCount(): i32 {
  return load<i32>(TILES)
}

@inline
export function kernelId(): i32 {
  return load<i32>(KERNEL)
}

/** Reports one finished tile; the last one wakes the thread that waits for the job. */
@inline
export function finishTile(): void {
  const finished = atomic.add<i32>(DONE, 1) + 1
  if (finished == load<i32>(TILES)) atomic.notify(DONE, 1)
}

/** Opens the job whose kernel, tiles and arguments the caller has written. */
export function openJob(): void {
  atomic.store<i32>(DONE, 0)
  atomic.store<i32>(COUNTER, 0)
  atomic.add<i32>(EPOCH, 1)
  if (atomic.load<i32>(SLEEPERS) > 0) atomic.notify(EPOCH, -1)
}

/** Waits until every tile is done, then closes the job. */
export function closeJob(): void {
  const tiles = load<i32>(TILES)
  let spins = 0
  while (true) {
    const finished = atomic.load<i32>(DONE)
    if (finished >= tiles) break
    if (++spins > SPINS) atomic.wait<i32>(DONE, finished, 1_000_000)
  }
  atomic.store<i32>(COUNTER, CLOSED)
}

/** Waits for a job other than `epoch`; returns its epoch, or -1 when the pool stops. */
export function nextJob(epoch: i32): i32 {
  let spins = 0
  while (true) {
    if (atomic.load<i32>(STOP) != 0) return -1
    const current = atomic.load<i32>(EPOCH)
    if (current != epoch) return current
    if (++spins > SPINS) {
      atomic.add<i32>(SLEEPERS, 1)
      atomic.wait<i32>(EPOCH, epoch, 1_000_000_000)
      atomic.sub<i32>(SLEEPERS, 1)
      spins = 0
    }
  }
}

/** Makes every waiting thread leave. */
export function stopPool(): void {
  atomic.store<i32>(STOP, 1)
  atomic.add<i32>(EPOCH, 1)
  atomic.notify(EPOCH, -1)
}
