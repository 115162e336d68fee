import { parseArgs } from 'node:util'
import { ConfigError, messageOf, PipelineError } from '@shardmill/core/errors'
import type { ProviderName } from '@shardmill/train/backend/provider'
import { openProvider, providerNames } from '@shardmill/train/backend/select'
import { selfTest } from '@shardmill/train/backend/self-test'

/** `train backend list | build torch | test [NAME]`: which providers load here, and are they right. */
export async function backend(argv: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true })
  const [action = 'list', name] = positionals
  if (action === 'build') return build(name)
  if (action !== 'list' && action !== 'test') {
    const hint = 'known: list, build, test'
    throw new ConfigError(`train backend: no action \`${action}\``, { hint })
  }
  const names = name === undefined ? providerNames : providerNames.filter((known) => known === name)
  if (names.length === 0) {
    throw new ConfigError(`no backend \`${name}\``, { hint: `known: ${providerNames.join(', ')}` })
  }
  let failures = 0
  for (const one of names) if (!(await show(one, action === 'test'))) failures++
  return name !== undefined && failures > 0 ? 1 : 0
}

async function build(name: string | undefined): Promise<number> {
  if (name !== 'torch') {
    throw new ConfigError(`only \`torch\` is built, got \`${name ?? ''}\``, {
      hint: 'pnpm train backend build torch',
    })
  }
  const { addonPath, buildTorch, findTorch } = await import('@shardmill/train/backend/torch/build')
  const { version, lib, source } = findTorch()
  process.stdout.write(`libtorch ${version} in ${lib} (found by ${source}); compiling …\n`)
  await buildTorch()
  process.stdout.write(`built ${addonPath}\n`)
  return 0
}

async function show(name: ProviderName, tests: boolean): Promise<boolean> {
  try {
    const provider = await openProvider({ backend: name, threads: 'auto', relaxed: true })
    process.stdout.write(`${name.padEnd(14)} loads     ${provider.description}\n`)
    if (tests) {
      const { loss, difference } = selfTest(provider.optimizer)
      const isRight = difference < 1e-5
      process.stdout.write(
        `${''.padEnd(14)} ${isRight ? 'right' : 'WRONG'}     loss ${loss.toFixed(7)} after 3 steps, ` +
          `${difference.toExponential(1)} from the reference\n`,
      )
      if (!isRight) return false
    }
    await provider.close()
    return true
  } catch (error) {
    const hint = error instanceof PipelineError ? `\n${''.padEnd(25)}${error.hint ?? ''}` : ''
    process.stdout.write(`${name.padEnd(14)} missing   ${messageOf(error)}${hint}\n`)
    return false
  }
}
