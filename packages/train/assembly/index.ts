// The module's entry: which kernel a job runs, and the loops of the main thread and of the helpers.
// The numbers are the kernels' names in `src/backend/wasm/engine.ts`.
import {
  closeJob,
  finishTile,
  kernelId,
  nextJob,
  openJob,
  setThread,
  stopPool,
  takeTile,
  tileCount,
} from './job'
import { gemmTile, packTile, vectorTile } from './gemm'
import { attentionGradTile, attentionTile, ropeTile } from './attention'
import {
  columnSumTile,
  crossEntropyTile,
  gatherTile,
  normGradTile,
  normTile,
  normWeightGradTile,
  scatterTile,
} from './rows'
import {
  activationGradTile,
  activationTile,
  adamwTile,
  addTile,
  dropoutTile,
  scaleTile,
  squareSumTile,
} from './elementwise'

export { setThread, stopPool }

function runTiles(): void {
  while (true) {
    const tile = takeTile()
    if (tile >= tileCount()) return
    switch (kernelId()) {
      case 0:
        packTile(tile)
        break
      case 1:
        gemmTile(tile)
        break
      case 2:
        vectorTile(tile)
        break
      case 3:
        attentionTile(tile)
        break
      case 4:
        attentionGradTile(tile)
        break
      case 5:
        ropeTile(tile)
        break
      case 6:
        normTile(tile)
        break
      case 7:
        normGradTile(tile)
        break
      case 8:
        normWeightGradTile(tile)
        break
      case 9:
        columnSumTile(tile)
        break
      case 10:
        gatherTile(tile)
        break
      case 11:
        scatterTile(tile)
        break
      case 12:
        crossEntropyTile(tile)
        break
      case 13:
        activationTile(tile)
        break
      case 14:
        activationGradTile(tile)
        break
      case 15:
        addTile(tile)
        break
      case 16:
        scaleTile(tile)
        break
      case 17:
        squareSumTile(tile)
        break
      case 18:
        adamwTile(tile)
        break
      case 19:
        dropoutTile(tile)
        break
    }
    finishTile()
  }
}

/** Runs the job described in the job block on all threads; returns when it is done. */
export function runJob(): void {
  openJob()
  runTiles()
  closeJob()
}

/** The life of a helper thread. */
export function serve(): void {
  let epoch = 0
  while (true) {
    epoch = nextJob(epoch)
    if (epoch < 0) return
    runTiles()
  }
}
