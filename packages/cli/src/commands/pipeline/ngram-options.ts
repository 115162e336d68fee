// Options that the ngram actions share, and how a long action is stopped.
import { ConfigError, PipelineError } from '@shardmill/core/errors'
import { ccnetRules, noRules, type TextRules } from '@shardmill/stages/quality/ngram/scoring-text'
import { unitNames, type UnitName } from '@shardmill/stages/quality/ngram/text-units'
import { documentKinds, type TextInputs } from '@shardmill/stages/quality/ngram/read-texts'

/** Options of `parseArgs` that say what the inputs are. */
export const inputOptions = {
  documents: { type: 'string', default: 'file' },
  'text-field': { type: 'string', default: 'text' },
  lang: { type: 'string' },
} as const

export function inputsOf(
  paths: readonly string[],
  values: { documents: string; 'text-field': string; lang?: string | undefined },
  signal: AbortSignal,
): TextInputs {
  return {
    paths,
    documents: oneOf('documents', values.documents, documentKinds),
    textField: values['text-field'],
    lang: values.lang,
    signal,
  }
}

/** `--unit word`, or the path of a tokenizer.json. */
export function unitOf(value: string): { unit: UnitName; tokenizer?: string } {
  if (value.endsWith('.json')) return { unit: 'tokenizer', tokenizer: value }
  const names = unitNames.filter((name) => name !== 'tokenizer')
  return { unit: oneOf('unit', value, names, ' or a tokenizer.json') }
}

export function rulesOf(value: string): TextRules {
  return oneOf('normalize', value, ['ccnet', 'none']) === 'ccnet' ? ccnetRules : noRules
}

export function oneOf<Name extends string>(
  option: string,
  value: string,
  names: readonly Name[],
  more = '',
): Name {
  const found = names.find((name) => name === value)
  if (found !== undefined) return found
  throw new ConfigError(`--${option}: expected ${names.join(', ')}${more}, got \`${value}\``)
}

export function numberOf(option: string, value: string, least: number, most: number): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= least && number <= most) return number
  throw new ConfigError(`--${option}: expected a number from ${least} to ${most}, got \`${value}\``)
}

export function wholeNumberOf(option: string, value: string, least: number, most: number): number {
  const number = numberOf(option, value, least, most)
  if (Number.isInteger(number)) return number
  throw new ConfigError(`--${option}: expected a whole number, got \`${value}\``)
}

const exitInterrupted = 130

/** Runs `action` with a signal that Ctrl-C aborts; exit code 130 then. */
export async function interruptible(
  action: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort(new PipelineError('stopped', { code: 'stopped' }))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    return await action(interrupt.signal)
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    process.stderr.write('Stopped; nothing was written.\n')
    return exitInterrupted
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
