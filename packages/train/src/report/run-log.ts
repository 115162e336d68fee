// The files of a run that people and tools read: log.jsonl (one JSON object a line), TensorBoard
// events and run.html. After a resume the lines of steps that are taken again are removed.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commitFile } from '@shardmill/core/store'
import { withRoom } from '../checkpoint/no-room.ts'
import type { StepRecord } from '../loop/train.ts'
import type { ValidationResult } from '../loop/validate.ts'
import { createEventFile } from './tensorboard.ts'
import { renderRunPage } from './run-page.ts'

export type LogLine =
  | ({ readonly kind: 'step' } & StepRecord)
  | ({ readonly kind: 'validation'; readonly step: number } & ValidationResult)
  | { readonly kind: 'sample'; readonly step: number; readonly text: string }

export interface RunLog {
  readonly lines: readonly LogLine[]
  add(line: LogLine): void
  /** Writes run.html. */
  writePage(): void
}

/** Opens the log of a run; keeps what earlier parts of the run logged up to `step`. */
export function openRunLog(output: string, name: string, step: number, now: () => number): RunLog {
  mkdirSync(output, { recursive: true })
  const path = join(output, 'log.jsonl')
  const lines = readLog(path).filter((line) => line.step <= step)
  const events = withRoom(path, 'log', () => {
    commitFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    return createEventFile(join(output, 'tensorboard'), now)
  })
  return {
    lines,
    add: (line) => withRoom(path, 'log', () => addLine(line)),
    writePage() {
      const page = join(output, 'run.html')
      withRoom(page, 'page of the run', () => commitFile(page, renderRunPage(name, lines)))
    },
  }

  function addLine(line: LogLine): void {
    lines.push(line)
    appendFileSync(path, `${JSON.stringify(line)}\n`)
    if (line.kind === 'step') {
      const { loss, learningRate, gradientNorm, tokensPerSecond } = line
      events.write(line.step, {
        'train/loss': loss,
        'train/learning_rate': learningRate,
        'train/gradient_norm': gradientNorm,
        'train/tokens_per_second': tokensPerSecond,
      })
    } else if (line.kind === 'validation') {
      const { loss, bitsPerByte, pairLoss, pairAccuracy } = line
      events.write(line.step, {
        'validation/loss': loss,
        ...(bitsPerByte === undefined ? {} : { 'validation/bits_per_byte': bitsPerByte }),
        ...(pairLoss === undefined ? {} : { 'validation/pair_loss': pairLoss }),
        ...(pairAccuracy === undefined ? {} : { 'validation/pair_accuracy': pairAccuracy }),
      })
    }
  }
}

/** The lines of a log; empty when there is none. A last line cut short by a crash is left out. */
export function readLog(path: string): LogLine[] {
  if (!existsSync(path)) return []
  const lines: LogLine[] = []
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    try {
      if (text !== '') lines.push(JSON.parse(text) as LogLine)
    } catch {
      // Cut short by a crash or a full disk.
    }
  }
  return lines
}
