import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { ConfigError, PipelineError } from '@shardmill/core/errors'
import { readConfig, type PipelineConfig } from '@shardmill/runtime/config'
import { findPipelineFile } from '@shardmill/runtime/find-pipeline-file'
import { createLocalEngine } from '@shardmill/runtime/engine/local'
import { forgetFrom } from '@shardmill/runtime/forget'
import { createPlan } from '@shardmill/runtime/plan'
import { runPlan } from '@shardmill/runtime/run'
import { stateFolder } from '@shardmill/runtime/state'
import { join } from 'node:path'
import { launcher } from '../../launcher.ts'
import { createDisplay } from '../../display.ts'
import { printSummary } from '../../summary.ts'

const exitInterrupted = 130

/** `pipeline run FILE`. */
export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      workers: { type: 'string' },
      from: { type: 'string' },
      output: { type: 'string' },
      'keep-dropped': { type: 'boolean' },
      json: { type: 'boolean', default: false },
    },
  })
  const [name, ...extra] = positionals
  if (name === undefined || extra.length > 0) {
    throw new ConfigError('expected one pipeline file', { hint: 'pnpm pipeline run web.yaml' })
  }
  const config = await readConfig(findPipelineFile(name), {
    ...(values.output !== undefined && { output: values.output }),
    ...(values['keep-dropped'] && { keepDropped: true }),
  })
  const plan = await createPlan(config)
  if (values.from !== undefined) forgetFrom(plan, values.from)
  const engine = createLocalEngine({
    workers: workerCount(values.workers ?? config.workers),
    stuckSeconds: config.stuckSeconds,
    workerMemoryMB: config.workerMemoryMB,
    command: [
      launcher,
      'pipeline',
      'task',
      '--plan',
      join(stateFolder(plan), 'plan.json'),
      '--serve',
    ],
  })
  const display = createDisplay(plan, { isJson: values.json })
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort(new PipelineError('stopped', { code: 'stopped' }))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    const report = await runPlan(plan, config, engine, {
      signal: interrupt.signal,
      ...display.events,
    })
    display.close()
    printSummary(report, config, values.json)
    return 0
  } catch (error) {
    display.close()
    if (!interrupt.signal.aborted) throw error
    process.stderr.write(`Stopped. Finished parts are kept; go on with: ${resumeCommand(config)}\n`)
    return exitInterrupted
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await engine.close()
  }
}

function resumeCommand(config: PipelineConfig): string {
  return `pnpm pipeline run ${config.file}`
}

/** Workers asked for, or one per core. */
function workerCount(wanted: string | number): number {
  if (wanted === 'auto') return Math.max(1, cpus().length)
  const count = Number(wanted)
  if (Number.isInteger(count) && count > 0 && count <= 1024) return count
  throw new ConfigError(
    `--workers: expected a whole number from 1 to 1024 or auto, got \`${wanted}\``,
  )
}
