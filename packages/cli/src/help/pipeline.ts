import type { Command } from '../help.ts'
import { ngramCommand } from './ngram.ts'

/** What `pipeline` commands do. */
export const pipelineCommands: Readonly<Record<string, Command>> = {
  'pipeline run': {
    summary: 'Run a pipeline file; running it again goes on where it stopped.',
    usage: 'pipeline run FILE.yaml [--workers N] [--from STAGE] [--keep-dropped] [--json]',
    details: `
  --workers N      worker processes; the result is the same for any number
  --from STAGE     forget the cached results of STAGE and of all that follow it
  --keep-dropped   also write dropped documents, with reasons, to dropped/<stage>/
  --output DIR     the run's folder (default shards/<name>)
  --json           progress and result as JSON lines

FILE is looked for as given, then under pipelines/. Example:
  pnpm pipeline run web.yaml --workers 4
`,
    load: async () => (await import('../commands/pipeline/run.ts')).run,
  },
  'pipeline check': {
    summary: 'Check a pipeline file without opening any input: all faults at once.',
    usage: 'pipeline check FILE.yaml',
    details: '\nFaults are printed as FILE:LINE:COLUMN  message. Exit code 2 when there are any.\n',
    load: async () => (await import('../commands/pipeline/check.ts')).check,
  },
  'pipeline plan': {
    summary: 'Show the phases and tasks a run would have, and which are done.',
    usage: 'pipeline plan FILE.yaml [--json]',
    details:
      '\nThe plan depends on the file and the input sizes only, never on the worker count.\n',
    load: async () => (await import('../commands/pipeline/plan.ts')).plan,
  },
  'pipeline status': {
    summary: 'Show how far a run is, from its folder.',
    usage: 'pipeline status NAME|DIR|FILE.yaml [--json]',
    details: '\nReads manifests only: safe while the run goes on.\n',
    load: async () => (await import('../commands/pipeline/status.ts')).status,
  },
  'pipeline list': {
    summary: 'List stages and input formats, or the options of one: type, default, meaning.',
    usage: 'pipeline list [STAGE|FORMAT] [--json]',
    details: `
  pnpm pipeline list gopher-quality
\`pipeline options\` lists the keys of a pipeline file beside its stages.
`,
    load: async () => (await import('../commands/pipeline/list.ts')).list,
  },
  'pipeline options': {
    summary: 'List every key of a pipeline file: type, default, meaning.',
    usage: 'pipeline options [--json]',
    details:
      '\n  --json           as a JSON schema\n\n`pipeline list STAGE` lists those of a stage.\n',
    load: async () => (await import('../commands/pipeline/file-options.ts')).fileOptions,
  },
  'pipeline inspect': {
    summary: 'Page through kept, dropped or quarantined documents of a run.',
    usage: 'pipeline inspect NAME|DIR [--dropped|--quarantine] [filters]',
    details: `
  --dropped        dropped documents (the run needs --keep-dropped)
  --quarantine     documents that broke a stage, with the error
  --stage NAME     dropped by this stage
  --reason REASON  dropped for this reason
  --lang LANG      of this language: zh, or zh-Hant for one form of it
  --url TEXT       whose URL contains TEXT
  --text TEXT      whose text contains TEXT
  --limit N        stop after N documents (default: all, one page at a time)
  --full           whole texts instead of their beginnings
  --json           JSON lines, for other tools
`,
    load: async () => (await import('../commands/pipeline/inspect.ts')).inspect,
  },
  'pipeline extract': {
    summary: 'Show what HTML extraction makes of one page, and why.',
    usage: 'pipeline extract FILE.html | FILE.warc.gz URL [--html OUT.html]',
    details: `
  --html OUT.html  the page with kept and dropped blocks coloured
  --format FORMAT  text (default) or markdown
  --scores         every block with its probability of being main content
  --url URL        the page's address, for a file
`,
    load: async () => (await import('../commands/pipeline/extract.ts')).extract,
  },
  'pipeline ngram': ngramCommand,
  'pipeline classifier': {
    summary: 'Train a linear text classifier, score documents with it, judge it.',
    usage: 'pipeline classifier train|score|eval INPUT... [options]',
    details: `
  train FILE.yaml                 a training file: examples, labels, options (classifier-train.yaml)
  train LABELLED.jsonl...         rows with \`text\` and \`label\`
  train --good DIR --bad DIR      a folder per label: txt, md, html, jsonl, Arrow shards, ...
  score --model MODEL INPUT...    one JSON line per document: id, score, label
  eval --model MODEL LABELLED...  AUC, precision and recall, calibration, confusion

  --output DIR         train: model.bin, model.md, evaluation.json, evaluation.html; eval: the last two
  --label-field NAME   field that holds the label (default label)
  --group-field NAME   examples with equal values stay in one split; \`host\` is the site
  --positive LABEL     the label whose probability is the score (default good, else the last)
  --engine NAME        ngrams (default), or tfidf: bag of words and logistic regression
  --seed N             of splits and order
  --summary            score: quantiles of the scores and thresholds by share instead of rows
  --json               results as JSON

  pnpm pipeline classifier train classifier-train.yaml
  pnpm pipeline classifier score --model shards/classifier/model.bin corpora/written --summary
`,
    load: async () => (await import('../commands/pipeline/classifier.ts')).classifier,
  },
  'pipeline clean': {
    summary: 'Remove the cached state of a run; its shards stay.',
    usage: 'pipeline clean NAME|DIR [--all]',
    details: '\n  --all            the whole folder, shards included\n',
    load: async () => (await import('../commands/pipeline/clean.ts')).clean,
  },
  'pipeline task': {
    summary: 'Run one task of a plan: what engines call.',
    usage: 'pipeline task --plan PLAN.json --phase ID --index I [--serve]',
    details: `
  --serve          take tasks from the parent process instead (local engine)

Exit codes: 0 committed, 65 bad data, 70 bug, 75 try again.
`,
    load: async () => (await import('../commands/pipeline/task.ts')).task,
  },
  'pipeline gate': {
    summary: 'Verify the manifests of a phase and print the tasks that are missing.',
    usage: 'pipeline gate --plan PLAN.json --phase ID [--verify]',
    details: `
  --verify         also hash every data file again

Exit code 0 when the phase is complete, 75 when tasks are missing.
`,
    load: async () => (await import('../commands/pipeline/gate.ts')).gate,
  },
}
