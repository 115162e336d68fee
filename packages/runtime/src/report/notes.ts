// What stages noted about documents (`context.note`), one file of JSON lines per stage: notes/<stage>.jsonl
// in the run's folder, in document order. Copied from the committed parts file by file when the run is
// complete, so it is as large as it needs to be and never half there.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { fileStore } from '@shardmill/core/store'
import { mapPhases, type Plan } from '../plan.ts'
import { partFile, readFinishedParts } from '../state.ts'

const prefix = 'notes/'

/** Writes the notes of a finished plan and removes those of stages that it does not have. */
export function writeNotes(plan: Plan): void {
  const store = fileStore(plan.output)
  const sources = noteFiles(plan)
  for (const name of store.list('notes')) {
    if (!sources.has(name.replace(/\.jsonl$/, ''))) store.remove(`${prefix}${name}`)
  }
  if (store.list('notes').length === 0) store.remove('notes')
  for (const [stage, paths] of sources) {
    const path = store.localPath(`${prefix}${stage}.jsonl`)
    const temporary = `${path}.${process.pid}.part`
    const descriptor = openSync(temporary, 'w')
    try {
      for (const source of paths) {
        const bytes = readFileSync(source)
        for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
      }
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, path)
  }
}

/** Files of the parts by stage, in document order. */
function noteFiles(plan: Plan): Map<string, string[]> {
  const files = new Map<string, string[]>()
  for (const phase of mapPhases(plan)) {
    for (let task = 0; task < phase.tasks; task++) {
      for (const manifest of readFinishedParts(plan, phase, task)) {
        for (const { role } of manifest.files) {
          if (!role.startsWith(prefix)) continue
          const stage = role.slice(prefix.length)
          const path = partFile(plan, phase, task, manifest, role)!
          files.set(stage, [...(files.get(stage) ?? []), path])
        }
      }
    }
  }
  return files
}
