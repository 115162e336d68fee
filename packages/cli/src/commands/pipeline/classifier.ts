// `pipeline classifier train|score|eval`: train a linear model on labelled documents, score documents
// with it, judge it on labelled documents.
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core'
import { findPipelineFile } from '@shardmill/runtime/find-pipeline-file'
import { expandInputs, type InputFile } from '@shardmill/runtime/inputs'
import type { ExampleSource } from '@shardmill/stages/classify/read-examples'
import type { ExampleSourceConfig } from '@shardmill/stages/classify/training-config'
import { idleContext } from '../../idle-context.ts'

const options = {
  model: { type: 'string' },
  output: { type: 'string' },
  good: { type: 'string' },
  bad: { type: 'string' },
  'label-field': { type: 'string' },
  'group-field': { type: 'string' },
  positive: { type: 'string' },
  engine: { type: 'string' },
  seed: { type: 'string' },
  summary: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

/** Runs one of the three actions; answers the exit code. */
export async function classifier(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
  const [action, ...inputs] = positionals
  if (action === 'train') return train(inputs, values)
  if (action === 'score') return score(inputs, values)
  if (action === 'eval') return evaluate(inputs, values)
  throw new ConfigError(`classifier: expected train, score or eval, got ${action ?? 'nothing'}`, {
    hint: 'classifier train FILE.yaml | classifier score --model M INPUT | classifier eval --model M INPUT',
  })
}

async function train(inputs: readonly string[], values: Values): Promise<number> {
  const { readClassifierFile, checkClassifierConfig } =
    await import('@shardmill/stages/classify/training-file')
  const { trainClassifier } = await import('@shardmill/stages/classify/train-classifier')
  const { readExamples } = await import('@shardmill/stages/classify/read-examples')
  const { writeClassifier } = await import('@shardmill/stages/classify/write-classifier')
  const [first] = inputs
  const isFile = inputs.length === 1 && first !== undefined && /\.ya?ml$/.test(first)
  const config = isFile
    ? readClassifierFile(findPipelineFile(first))
    : checkClassifierConfig(configOf(inputs, values))
  const output = values.output ?? config.output ?? join('shards', config.name)
  const sources = await Promise.all(config.examples.map((source) => filesOf(source)))
  const counts = { documents: 0, unreadable: 0, unlabelled: 0 }
  const trained = await trainClassifier(
    readExamples(sources, idleContext, counts),
    config,
    (message) => process.stderr.write(`${message}\n`),
  )
  const written = writeClassifier(output, config, trained, counts)
  process.stdout.write(values.json ? `${JSON.stringify(written)}\n` : `${written.text}\n`)
  return 0
}

/** Scores as JSON lines, or what they look like together. */
async function score(inputs: readonly string[], values: Values): Promise<number> {
  const { readModel } = await import('@shardmill/stages/classify/linear-model')
  const { createScorer, bestLabel, probabilityOf } =
    await import('@shardmill/stages/classify/score')
  const { summarizeScores } = await import('@shardmill/stages/classify/score-summary')
  const { readDocuments } = await import('@shardmill/stages/classify/read-examples')
  const model = readModel(modelPath(values))
  const { labels, positive } = model.header
  const label = labelIndex(labels, values.positive ?? positive)
  const { files } = await filesOf(sourceOf({ path: '' }, values), inputs)
  const scorer = createScorer(model)
  const all: number[] = []
  const counts = { documents: 0, unreadable: 0, unlabelled: 0 }
  for await (const document of readDocuments(files, idleContext, counts)) {
    const scores = scorer(document.text, () => document.words)
    const probability = probabilityOf(scores, label)
    all.push(probability)
    if (values.summary) continue
    const row = {
      id: document.id,
      ...(document.url === '' ? {} : { url: document.url }),
      score: Math.round(probability * 1e6) / 1e6,
      label: labels[bestLabel(scores)],
    }
    if (!process.stdout.write(`${JSON.stringify(row)}\n`)) await once(process.stdout, 'drain')
  }
  if (!values.summary) return 0
  const summary = summarizeScores(all, labels[label]!)
  process.stdout.write(values.json ? `${JSON.stringify(summary)}\n` : `${summary.text}\n`)
  return 0
}

async function evaluate(inputs: readonly string[], values: Values): Promise<number> {
  const { readModel } = await import('@shardmill/stages/classify/linear-model')
  const { readExamples } = await import('@shardmill/stages/classify/read-examples')
  const { evaluateModel } = await import('@shardmill/stages/classify/evaluate-model')
  const { writeEvaluation, evaluationText } =
    await import('@shardmill/stages/classify/write-classifier')
  const path = modelPath(values)
  const model = readModel(path)
  const { labels, positive } = model.header
  const configs = inputs.length === 0 ? folderSources(values) : [sourceOf({ path: '' }, values)]
  const sources = await Promise.all(configs.map((each) => filesOf(each, inputs)))
  const counts = { documents: 0, unreadable: 0, unlabelled: 0 }
  const evaluation = await evaluateModel(
    model,
    readExamples(sources, idleContext, counts),
    labelIndex(labels, values.positive ?? positive),
  )
  if (values.output !== undefined) writeEvaluation(values.output, evaluation, path)
  const text = evaluationText(evaluation)
  process.stdout.write(values.json ? `${JSON.stringify(evaluation)}\n` : `${text}\n`)
  return 0
}

function modelPath({ model }: Values): string {
  if (model === undefined) throw new ConfigError('classifier: expected --model FILE')
  return model
}

function labelIndex(labels: readonly string[], label: string): number {
  const index = labels.indexOf(label)
  if (index >= 0) return index
  throw new ConfigError(`classifier: the model has no label \`${label}\``, {
    hint: `its labels: ${labels.join(', ')}`,
  })
}

/** The configuration that flags stand for. */
function configOf(inputs: readonly string[], values: Values): unknown {
  const examples =
    inputs.length === 0 ? folderSources(values) : inputs.map((path) => sourceOf({ path }, values))
  return {
    examples,
    ...(values.positive === undefined ? {} : { positive: values.positive }),
    ...(values.engine === undefined ? {} : { engine: values.engine }),
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
  }
}

function folderSources(values: Values): ExampleSourceConfig[] {
  const { good, bad } = values
  if (good === undefined || bad === undefined) {
    throw new ConfigError('classifier: expected labelled files, or --good DIR and --bad DIR', {
      hint: 'see `pipeline classifier --help`',
    })
  }
  return [
    sourceOf({ path: good, label: 'good' }, values),
    sourceOf({ path: bad, label: 'bad' }, values),
  ]
}

function sourceOf(
  source: Pick<ExampleSourceConfig, 'path' | 'label'>,
  values: Values,
): ExampleSourceConfig {
  const group = values['group-field']
  return {
    ...source,
    labelField: values['label-field'] ?? 'label',
    ...(group === undefined ? {} : { groupField: group }),
    options: {},
  }
}

async function filesOf(
  source: ExampleSourceConfig,
  paths?: readonly string[],
): Promise<ExampleSource> {
  const files: InputFile[] = []
  const { path, format, options: formatOptions } = source
  const faults = await expandInputs(
    {
      path: paths === undefined || paths.length === 0 ? path : paths,
      format,
      options: formatOptions,
      folder: process.cwd(),
    },
    files,
  )
  if (source.labels !== undefined && !existsSync(source.labels)) {
    faults.push({ message: `no labels file \`${source.labels}\`` })
  }
  if (faults.length > 0) {
    throw new ConfigError(faults.map(({ message }) => `classifier: ${message}`).join('\n'))
  }
  return { ...source, files }
}
