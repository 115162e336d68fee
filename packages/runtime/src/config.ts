// Reads a pipeline file and checks all of it before anything is opened: YAML syntax, keys, types,
// stage names, every stage's options, stage order, named files, input globs. All faults are
// collected and reported together, each with file:line:column.
import { existsSync, readFileSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { ConfigError, messageOf, type Stage } from '@shardmill/core'
import {
  LineCounter,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml'
import type { z } from 'zod'
import { FaultList, findScalar } from './config-faults.ts'
import { readIndex } from './corpus-index.ts'
import { inputSchema, pipelineSchema, type PipelineFile } from './config-schema.ts'
import { suggestion } from '@shardmill/core/did-you-mean'
import { isFile } from './find-pipeline-file.ts'
import { expandInputs, type InputFile } from './inputs.ts'
import { loadStage, stageNames } from './stage-loader.ts'

export interface StageEntry {
  /** As written in the file. */
  readonly name: string
  /** The stage's own name, `#2` behind it on second use: its key in statistics. */
  readonly label: string
  /** Checked, with defaults. */
  readonly options: unknown
}

/** A checked pipeline: what `run.json` records. */
export interface PipelineConfig extends Omit<PipelineFile, 'input' | 'stages' | 'name' | 'output'> {
  /** The file it was read from. */
  readonly file: string
  /** The folder that relative paths start from. */
  readonly folder: string
  readonly name: string
  /** Absolute path of the run's folder. */
  readonly output: string
  readonly inputs: readonly InputFile[]
  readonly stages: readonly StageEntry[]
}

/** What the command line may set over the file. */
export interface Overrides {
  readonly output?: string
  readonly keepDropped?: boolean
}

/** Reads and checks a pipeline file. Throws one `ConfigError` that lists every fault. */
export async function readConfig(
  file: string,
  overrides: Overrides = {},
  folder = process.cwd(),
): Promise<PipelineConfig> {
  const source = readFileSync(file, 'utf8')
  const checker = new Checker(file, folder, source)
  const config = await checker.check()
  if (!config) throw checker.error()
  const { output = config.output, keepDropped = config.keepDropped } = overrides
  return { ...config, output: resolve(folder, output), keepDropped }
}

class Checker {
  readonly #file: string
  readonly #folder: string
  readonly #document: Document
  readonly #faults: FaultList

  constructor(file: string, folder: string, source: string) {
    this.#file = file
    this.#folder = folder
    const lines = new LineCounter()
    this.#document = parseDocument(source, { lineCounter: lines, prettyErrors: false })
    this.#faults = new FaultList(file, this.#document, lines)
  }

  async check(): Promise<PipelineConfig | undefined> {
    for (const { pos, message } of [...this.#document.errors, ...this.#document.warnings]) {
      this.#faults.at(pos[0], message)
    }
    if (this.#faults.count > 0) return undefined
    const root = this.#document.contents
    if (!isMap(root)) {
      this.#faults.at(0, 'expected keys such as `input:` and `stages:`, found none')
      return undefined
    }
    this.#checkAliases()
    if (this.#faults.count > 0) return undefined
    const parsed = pipelineSchema.safeParse(root.toJS(this.#document))
    if (!parsed.success) this.#faults.zod(parsed.error, '', Object.keys(pipelineSchema.shape))
    const stages = await this.#checkStages()
    const inputs = await this.#checkInputs()
    if (!parsed.success || this.#faults.count > 0) return undefined
    const { input: _, stages: __, name, output, ...rest } = parsed.data
    const runName = name ?? basename(this.#file, extname(this.#file))
    return {
      ...rest,
      file: this.#file,
      folder: this.#folder,
      name: runName,
      output: resolve(this.#folder, output ?? join('shards', runName)),
      inputs,
      stages,
    }
  }

  error(): ConfigError {
    return this.#faults.error()
  }

  #checkAliases(): void {
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document)) return
        this.#faults.node(
          alias,
          `\`*${alias.source}\` refers to no anchor \`&${alias.source}\` above it`,
        )
      },
    })
  }

  async #checkStages(): Promise<StageEntry[]> {
    const list = this.#document.get('stages', true)
    if (!isSeq(list)) return []
    const entries: StageEntry[] = []
    const seen: { name: string; stage: Stage; node: Node }[] = []
    for (const item of list.items as Node[]) {
      const parts = this.#stageParts(item)
      if (!parts) continue
      const stage = await this.#loadStage(parts.name, parts.nameNode)
      if (!stage) continue
      this.#checkOrder(stage, parts.nameNode, seen)
      seen.push({ name: parts.name, stage, node: parts.nameNode })
      const options = this.#checkOptions(stage, parts)
      if (options === undefined) continue
      await this.#checkIndexes(stage, options, parts)
      const uses = seen.filter((earlier) => earlier.stage.name === stage.name).length
      const label = uses === 1 ? stage.name : `${stage.name}#${uses}`
      entries.push({ name: parts.name, label, options })
    }
    return entries
  }

  #stageParts(item: Node): StageParts | undefined {
    if (isScalar(item) && typeof item.value === 'string') {
      return { name: item.value, nameNode: item, optionsNode: undefined }
    }
    const pair = isMap(item) && item.items.length === 1 ? item.items[0] : undefined
    if (!pair || !isScalar(pair.key)) {
      this.#faults.node(
        item,
        'expected a stage name, or one name with its options: `- sample: { rate: 0.1 }`',
      )
      return undefined
    }
    const optionsNode = pair.value as Node | null
    const isEmpty = !optionsNode || (isScalar(optionsNode) && optionsNode.value === null)
    return {
      name: String(pair.key.value),
      nameNode: pair.key as Node,
      optionsNode: isEmpty ? undefined : optionsNode,
    }
  }

  async #loadStage(name: string, node: Node): Promise<Stage | undefined> {
    try {
      const stage = await loadStage(name, this.#folder)
      if (stage) return stage
      this.#faults.node(node, `no stage named \`${name}\`${suggestion(name, stageNames())}`)
    } catch (error) {
      this.#faults.node(node, `stage \`${name}\` did not load: ${(error as Error).message}`)
    }
    return undefined
  }

  #checkOrder(stage: Stage, node: Node, seen: { name: string; stage: Stage }[]): void {
    const output = seen.find((earlier) => earlier.stage.scope === 'output')
    if (output && stage.scope !== 'output') {
      this.#faults.node(
        node,
        `\`${stage.name}\` must stand before \`${output.name}\`, which runs on finished shards`,
      )
    }
    for (const earlier of seen) {
      if (earlier.stage.after?.includes(stage.name)) {
        this.#faults.node(node, `\`${stage.name}\` must stand before \`${earlier.name}\``)
      }
    }
  }

  #checkOptions(stage: Stage, { name, nameNode, optionsNode }: StageParts): unknown {
    if (optionsNode && !isMap(optionsNode)) {
      this.#faults.node(
        optionsNode,
        `${name}: options must be a map, got \`${String(optionsNode)}\``,
      )
      return undefined
    }
    const given: unknown = optionsNode ? optionsNode.toJS(this.#document) : {}
    const parsed = stage.options.safeParse(given)
    if (!parsed.success) {
      const known = Object.keys((stage.options as Partial<z.ZodObject>).shape ?? {})
      this.#faults.zod(parsed.error, `${name}: `, known, optionsNode ?? nameNode)
      return undefined
    }
    for (const path of stage.files?.(parsed.data) ?? []) {
      if (!existsSync(resolve(this.#folder, path))) {
        const at = findScalar(optionsNode, path) ?? nameNode
        this.#faults.node(at, `${name}: no file or folder \`${path}\` (looked in ${this.#folder})`)
      }
    }
    return parsed.data
  }

  /** Every run that a corpus stage is to be compared with has a complete index of the same recipe. */
  async #checkIndexes(stage: Stage, options: unknown, parts: StageParts): Promise<void> {
    if (stage.scope !== 'corpus' || !stage.index) return
    const own = stage.index.recipe(options)
    for (const run of stage.index.against(options)) {
      const at = findScalar(parts.optionsNode, run) ?? parts.nameNode
      try {
        const { recipe } = await readIndex(run, stage.name, this.#folder)
        if (recipe === own) continue
        this.#faults.node(
          at,
          `${parts.name}: the index of \`${run}\` was made with ${recipe}; this pipeline has ${own}. ` +
            'Give the same options, or make the index again with these',
        )
      } catch (error) {
        this.#faults.node(at, `${parts.name}: ${messageOf(error)}`)
      }
    }
  }

  async #checkInputs(): Promise<readonly InputFile[]> {
    const node = this.#document.get('input', true) as Node | undefined
    if (!node) return []
    const items = isSeq(node) ? (node.items as Node[]) : [node]
    const files: InputFile[] = []
    for (const item of items) {
      const parsed = inputSchema.safeParse(
        isScalar(item) ? { path: item.value } : item.toJS(this.#document),
      )
      if (!parsed.success) continue
      const { path, format, ...options } = parsed.data
      const faults = await expandInputs({ path, format, options, folder: this.#folder }, files)
      for (const fault of faults) {
        const at = isMap(item) ? item.get(fault.key ?? 'path', true) : item
        this.#faults.node(at ?? item, fault.message)
      }
    }
    const output = this.#document.get('output', true) as Node | undefined
    if (isScalar(output) && typeof output.value === 'string') {
      const folder = resolve(this.#folder, output.value)
      if (isFile(folder)) {
        this.#faults.node(output, `output \`${output.value}\` is a file; a folder was expected`)
      }
      const inside = files.find((input) => input.path.startsWith(`${folder}/`))
      if (inside)
        this.#faults.node(output, `output \`${output.value}\` contains the input ${inside.path}`)
    }
    return files
  }
}

interface StageParts {
  readonly name: string
  readonly nameNode: Node
  readonly optionsNode: Node | undefined
}
