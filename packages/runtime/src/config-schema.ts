// What a pipeline file may say. Every default is here, strict objects refuse unknown keys, and the
// inferred types are the ones the rest of the runtime uses.
import { z } from 'zod'

const units: Readonly<Record<string, number>> = { B: 1, KB: 1 << 10, MB: 1 << 20, GB: 1 << 30 }

/** A number of bytes, or a number with a unit: 65536, 64MB. */
export const byteSize = z
  .union([
    z.int().positive(),
    z.string().regex(/^\d+(\.\d+)?\s*[KMG]?B$/i, 'expected a size such as 64MB'),
  ])
  .transform((value) => {
    if (typeof value === 'number') return value
    const [, amount, unit] = /^([\d.]+)\s*([KMG]?B)$/i.exec(value)!
    return Math.round(Number(amount) * units[unit!.toUpperCase()]!)
  })

const paths = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

/** One input: where, in which format, with which options of that format. */
export const inputSchema = z.looseObject({
  path: paths.describe('A path or glob, or several.'),
  format: z
    .string()
    .optional()
    .describe(
      'Input format; by default by the ending of the file. Further keys are options of the format.',
    ),
})

export const pipelineSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'expected letters, digits, `.`, `_`, `-`')
    .optional()
    .describe("Names the run; the file's name without its ending by default."),
  seed: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .default(1)
    .describe('Every random decision follows from it.'),
  input: z
    .union([paths, z.array(z.union([z.string().min(1), inputSchema])).min(1), inputSchema])
    .describe('Paths or globs, in the order in which documents are numbered.'),
  output: z.string().min(1).optional().describe("The run's folder; shards/<name> by default."),
  workers: z
    .union([z.literal('auto'), z.int().min(1).max(1024)])
    .default('auto')
    .describe('Worker processes; `auto` is one per core. Never changes the result.'),
  taskBytes: z
    .union([z.literal('auto'), byteSize])
    .default('auto')
    .describe(
      'Input bytes per task, the unit of work that is handed out: a number, or with a unit as in `4MB`; by default `auto`, 1 to 8 MB for inputs up to 32 GB and at most 64 MB. Never changes the result.',
    ),
  shardBytes: byteSize
    .default(256 << 20)
    .describe('Text bytes per shard in text/, by default 256MB.'),
  keepDropped: z
    .boolean()
    .default(false)
    .describe('Also write dropped documents, with reasons, to dropped/<stage>/.'),
  overlapShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe(
      'Share of documents that later filters judge even when an earlier one has dropped them, so that the report can say how filters overlap. Never changes what is kept.',
    ),
  maxErrorRate: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Share of documents that may be quarantined before the run fails.'),
  stuckSeconds: z
    .number()
    .min(0.5)
    .max(3600)
    .default(4.5)
    .describe('A worker silent for so long on one document is killed and the document set apart.'),
  workerMemoryMB: z.int().min(128).default(2048).describe('Heap limit of each worker, in MB.'),
  stages: z
    .array(z.unknown())
    .min(1)
    .describe(
      'The stages in order, each by name with its options: `- language-id: { keep: [en] }`.',
    ),
})

export type PipelineFile = z.output<typeof pipelineSchema>
