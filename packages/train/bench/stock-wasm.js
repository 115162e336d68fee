// The stock tfjs WebAssembly backend, with the one kernel it lacks for training a language model:
// the gradient of gather. Everything else is as published.
import { registerKernel, setBackend, ready } from '@tensorflow/tfjs-core'

export async function stockWasm() {
  const { version_wasm: version } = await import('@tensorflow/tfjs-backend-wasm')
  await setBackend('wasm')
  await ready()
  registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: ({ inputs: { x, segmentIds }, backend, attrs: { numSegments } }) => {
      const width = x.shape.slice(segmentIds.shape.length).reduce((a, b) => a * b, 1)
      const out = backend.makeOutput(
        [numSegments, ...x.shape.slice(segmentIds.shape.length)],
        'float32',
      )
      const [from, ids, to] = [x, segmentIds, out].map((info) => backend.typedArrayFromHeap(info))
      to.fill(0)
      for (let i = 0; i < ids.length; i++) {
        for (let j = 0; j < width; j++) to[ids[i] * width + j] += from[i * width + j]
      }
      return out
    },
  })
  return version
}
