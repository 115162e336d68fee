// The module of src/training-memory.ts: words are counted, laid out and merged in one memory.
export * from './word-table'
export { cellsAddress, runCountOf, startsAddress, weightsAddress } from './cells'
export { layOut, symbolBuffer } from './layout'
export { closeLoop, openLoop, run } from './merge-loop'
