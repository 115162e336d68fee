// A counting thread: is sent parts of the corpus, answers how far it is and when a part is on disk.
import { parentPort, workerData } from 'node:worker_threads'
import { countPart, type CountPart } from './count-parts.ts'
import type { ResolvedTraining } from './training-defaults.ts'

interface ThreadData {
  readonly config: ResolvedTraining
  readonly folder: string
  readonly memoryBytes: number
}

const { config, folder, memoryBytes } = workerData as ThreadData

parentPort?.on('message', (part: CountPart) => {
  const onBytes = (bytes: number): void => parentPort?.postMessage({ bytes })
  countPart(config, part, folder, memoryBytes, onBytes)
    .then((note) => parentPort?.postMessage({ note }))
    .catch((error: unknown) => parentPort?.postMessage({ error }))
})
