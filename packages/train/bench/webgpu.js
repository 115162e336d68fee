// What the webgpu provider does when things go wrong, on real Dawn: no driver, a lost device, a fault in
// a shader, the end of the process. Correctness: bench/trace.js, and the kernels' tests with
// SHARDMILL_TEST_BACKEND=webgpu.
//   node packages/train/bench/webgpu.js [--swiftshader FOLDER] [--packages FOLDER]   (as for trace.js)
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { openProvider } from '../dist/backend/select.js'

const { values } = parseArgs({
  options: {
    swiftshader: { type: 'string' },
    packages: { type: 'string' },
    child: { type: 'string' },
  },
})

const open = () => openProvider({ backend: 'webgpu', threads: 1, relaxed: true })
const cases = {
  'no driver': {
    wanted: /^webgpu: Dawn finds no adapter here/,
    run: open,
  },
  'device lost': {
    wanted: /^webgpu: .*(lost|destroyed)/,
    async run() {
      await open()
      const product = tf.matMul(tf.ones([64, 64]), tf.ones([64, 64]))
      product.dataSync()
      tf.backend().device.destroy()
      tf.matMul(product, product).dataSync()
    },
  },
  'shader fault': {
    wanted: /^webgpu: .*WGSL/,
    async run() {
      await open()
      tf.backend().device.createShaderModule({ code: 'fn main( {', label: 'fault' })
      tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync()
    },
  },
  'closed and opened again': {
    wanted: /^65$/,
    async run() {
      for (let i = 0; i < 2; i++) {
        const provider = await open()
        const total = tf.tidy(() => tf.matMul(tf.ones([1, 65]), tf.ones([65, 1])).dataSync()[0])
        await provider.close()
        if (i === 1) throw new Error(String(total))
      }
    },
  },
}

if (values.child) {
  try {
    await cases[values.child].run()
    process.stdout.write('no error')
  } catch (error) {
    process.stdout.write(error.message)
  }
  // Nothing is closed after a fault, and the process must end all the same.
} else {
  let failures = 0
  for (const [name, { wanted }] of Object.entries(cases)) {
    const env = { ...process.env }
    if (values.packages) env.NODE_PATH = resolve(values.packages)
    if (values.swiftshader) {
      const folder = resolve(values.swiftshader)
      env.VK_DRIVER_FILES = join(folder, 'vk_swiftshader_icd.json')
      env.LD_LIBRARY_PATH = [folder, env.LD_LIBRARY_PATH].filter(Boolean).join(':')
    }
    if (name === 'no driver') env.VK_DRIVER_FILES = '/dev/null'
    const start = performance.now()
    const args = [fileURLToPath(import.meta.url), '--child', name]
    const child = spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 120_000 })
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const isRight = child.status === 0 && wanted.test(child.stdout)
    if (!isRight) failures++
    const end = child.signal ? `ended by ${child.signal}` : `exit ${child.status}`
    process.stdout.write(
      `${isRight ? 'right' : 'WRONG'} ${name}: ${child.stdout.split('\n')[0]} (${end}, ${seconds} s)\n`,
    )
  }
  process.exitCode = failures === 0 ? 0 : 1
}
