import { relative } from 'node:path'
import type { PipelineConfig } from '@shardmill/runtime/config'
import type { Report } from '@shardmill/runtime/report/report'

/** Prints what a run has made: the funnel, the shards and where to look further. */
export function printSummary(report: Report, config: PipelineConfig, isJson: boolean): void {
  if (isJson) {
    const { digest, kept, read, stages, shards, timings } = report
    const result = {
      event: 'done',
      output: config.output,
      digest,
      kept,
      read,
      stages,
      shards,
      timings,
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const folder = relative(process.cwd(), config.output) || '.'
  const skipped = Object.entries(report.read.skipped)
  const lines = [
    '',
    row('stage', 'in', 'kept', 'reasons'),
    row('read', report.read.items, report.read.documents, reasons(skipped)),
    ...report.stages
      .filter(({ name }) => name !== 'read')
      .map((stage) => {
        const dropped = Object.entries(stage.dropped)
        if (stage.quarantined > 0) dropped.push(['quarantined', stage.quarantined])
        return row(stage.name, stage.in, stage.kept, reasons(dropped))
      }),
    '',
    `${report.kept} documents in ${report.shards.filter(({ name }) => name.startsWith('text/')).length} ` +
      `shard(s), digest ${report.digest.slice(0, 16)}, ${report.timings.wallSeconds} s`,
    `text     ${folder}/text/*.arrow`,
    ...outputFolders(report).map((name) => `${name.padEnd(8)} ${folder}/${name}/`),
    `report   ${folder}/report.html`,
    `look     pnpm pipeline inspect ${folder === `shards/${report.name}` ? report.name : folder}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Folders that output stages have made. */
function outputFolders({ shards }: Report): string[] {
  const folders = shards.map(({ name }) => name.slice(0, name.indexOf('/')))
  const own = ['text', 'dropped', 'quarantine']
  return [...new Set(folders)].filter((name) => !own.includes(name))
}

function row(name: string, entered: string | number, kept: string | number, why: string): string {
  return `${name.padEnd(20)} ${String(entered).padStart(8)} ${String(kept).padStart(8)}  ${why}`.trimEnd()
}

const reasonsShown = 5

function reasons(counts: readonly (readonly [string, number])[]): string {
  const sorted = counts.toSorted(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, reasonsShown).map(([reason, count]) => `${reason} ${count}`)
  const rest = sorted.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ')
}
