// Export formats by name.
import { huggingFaceExporter } from './huggingface.ts'
import { litDataExporter } from './litdata.ts'
import { mdsExporter } from './mds.ts'
import { megatronExporter } from './megatron.ts'
import { nanotronExporter, type NanotronOptions } from './nanotron.ts'
import type { Exporter } from './exporter.ts'

export type { Exporter, ExportOptions, ExportSummary } from './exporter.ts'

export const exporters = {
  megatron: megatronExporter,
  nanotron: nanotronExporter,
  mds: mdsExporter,
  litdata: litDataExporter,
  huggingface: huggingFaceExporter,
} as const satisfies Record<string, (path: string, options: NanotronOptions) => Exporter>

export type ExportFormat = keyof typeof exporters
