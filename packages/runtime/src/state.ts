// The state folder of a run: where each task commits, what a commit looks like, and which tasks are
// done. A task commits in parts; each part is a manifest that names its data files with their sizes
// and hashes. The manifest comes last and is created exclusively, so that of two workers that race
// for the same part (an orphan of a killed driver, say) only one wins and the other starts again
// from what is there.
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
} from 'node:fs'
import { renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { RetryableError } from '@shardmill/core'
import { syncFolder } from '@shardmill/core/sync-folder'
import { hashBytes, hashText } from '@shardmill/core/hash'
import type { Phase } from './phases.ts'
import type { Plan } from './plan.ts'

export interface PartFile {
  /** What it holds: 'rows', 'records', 'sizes', 'stats', 'dropped/html', … */
  readonly role: string
  /** File name in the task's folder. */
  readonly name: string
  readonly bytes: number
  readonly rows: number
  readonly xxh64: string
}

export interface PartManifest {
  readonly key: string
  readonly part: number
  /** Source items consumed up to the end of this part: where a resumed task goes on. */
  readonly cursor: number
  /** True for the part that ends the task. */
  readonly isFinal: boolean
  readonly files: readonly PartFile[]
  /** Records per partition in the 'records' file. */
  readonly sections?: readonly number[]
}

/** The folder of a run's state. */
export function stateFolder(plan: Pick<Plan, 'output'>): string {
  return join(plan.output, '.state')
}

export function phaseFolder(plan: Plan, phase: Phase): string {
  return join(stateFolder(plan), `${phase.id}-${phase.key}`)
}

export function taskFolder(plan: Plan, phase: Phase, index: number): string {
  return join(phaseFolder(plan, phase), String(index).padStart(6, '0'))
}

const partName = (part: number): string => `part-${String(part).padStart(4, '0')}.json`

/** The committed parts of a task, in order; stops at the first that is missing or damaged. */
export function readParts(plan: Plan, phase: Phase, index: number): PartManifest[] {
  const folder = taskFolder(plan, phase, index)
  const parts: PartManifest[] = []
  for (;;) {
    const manifest = readManifest(join(folder, partName(parts.length)))
    if (!manifest || manifest.key !== phase.key || !isComplete(folder, manifest)) return parts
    parts.push(manifest)
    if (manifest.isFinal) return parts
  }
}

/** True when the task's last part is committed. */
export function isTaskDone(plan: Plan, phase: Phase, index: number): boolean {
  return readParts(plan, phase, index).at(-1)?.isFinal === true
}

function readManifest(path: string): PartManifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PartManifest
  } catch {
    return undefined
  }
}

function isComplete(folder: string, manifest: PartManifest): boolean {
  return manifest.files.every(
    ({ name, bytes }) => statSync(join(folder, name), { throwIfNoEntry: false })?.size === bytes,
  )
}

/** The committed parts of a task that must be complete. Throws `RetryableError` when it is not. */
export function readFinishedParts(plan: Plan, phase: Phase, index: number): PartManifest[] {
  const parts = readParts(plan, phase, index)
  if (parts.at(-1)?.isFinal) return parts
  throw new RetryableError(`${phase.id} task ${index} is not complete`, {
    hint: 'run the same command again: what is missing is made anew',
  })
}

/**
 * Makes the task's folder and removes what dead workers left there uncommitted. Files of workers that
 * live are let be: an orphan of a killed driver may be about to commit them. Who lives is asked first
 * and what is committed second, so that a worker that commits in between loses nothing.
 */
export function prepareTaskFolder(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const names = readdirSync(folder)
  const left = names.filter((name) => isLeft(name))
  const manifests = names.filter((name) => /^part-\d+\.json$/.test(name))
  const committed = new Set<string>()
  for (const name of manifests) {
    const manifest = readManifest(join(folder, name))
    if (!manifest || !isComplete(folder, manifest)) rmSync(join(folder, name), { force: true })
    else for (const file of manifest.files) committed.add(file.name)
  }
  for (const name of left) {
    if (!committed.has(name)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/** This process in file names: host, then process. */
const ownHost = hashText(hostname()).slice(0, 6)
const owner = `${ownHost}-p${process.pid}`

/** True for a file or folder whose maker is this process or is gone; other hosts are not judged. */
function isLeft(name: string): boolean {
  const match = /-([0-9a-f]{6})-p(\d+)(?![0-9])/.exec(name)
  if (!match || match[1] !== ownHost) return false
  const pid = Number(match[2])
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** A file name that no other attempt uses. */
export function dataFileName(part: number, role: string, ending: string): string {
  const nonce = randomBytes(4).toString('hex')
  const number = String(part).padStart(4, '0')
  return `part-${number}-${role.replaceAll('/', '-')}-${owner}-${nonce}.${ending}`
}

/** The name of a folder in a task's folder that only this process uses. */
export function ownFolderName(purpose: string): string {
  return `${purpose}-${owner}`
}

/** Writes one data file of a part and flushes it; returns its manifest entry. */
export function writePartFile(
  folder: string,
  part: number,
  role: string,
  bytes: Uint8Array,
  rows = 0,
): PartFile {
  const name = dataFileName(part, role, 'bin')
  const descriptor = openSync(join(folder, name), 'w')
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  return { role, name, bytes: bytes.length, rows, xxh64: hashBytes(bytes) }
}

/** Commits a part. Throws `RetryableError` when another worker has committed it first. */
export function commitPart(folder: string, manifest: PartManifest): void {
  const path = join(folder, partName(manifest.part))
  const temporary = join(folder, dataFileName(manifest.part, 'manifest', 'tmp'))
  const bytes = Buffer.from(`${JSON.stringify(manifest)}\n`)
  const descriptor = openSync(temporary, 'w')
  try {
    writeSync(descriptor, bytes)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  try {
    linkSync(temporary, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') {
      throw new RetryableError(`${path}: another worker has committed this part`)
    }
    // File systems without hard links: a rename is as atomic, only not exclusive.
    renameSync(temporary, path)
  }
  rmSync(temporary, { force: true })
  syncFolder(dirname(path))
}

/** The file of a role in a part, as a path; undefined when the part has none. */
export function partFile(
  plan: Plan,
  phase: Phase,
  index: number,
  manifest: PartManifest,
  role: string,
): string | undefined {
  const file = manifest.files.find((candidate) => candidate.role === role)
  return file && join(taskFolder(plan, phase, index), file.name)
}

/** Where a partition (or, of marks, a map task) lies in a part's file; in the unit of its sections. */
export function sectionOf(
  { sections = [] }: PartManifest,
  partition: number,
): { first: number; count: number } {
  const first = sections.slice(0, partition).reduce((sum, count) => sum + count, 0)
  return { first, count: sections[partition] ?? 0 }
}

/** Rows that a part hands on to the next phase. */
export function rowsOf(manifest: PartManifest): number {
  return manifest.files.find((file) => file.role === 'rows')?.rows ?? 0
}

/** The documents that a finished map phase kept: the first ordinal of each task, then the total. */
export function firstOrdinals(plan: Plan, phase: Phase): number[] {
  const firsts = [0]
  for (let index = 0; index < phase.tasks; index++) {
    const rows = readFinishedParts(plan, phase, index).reduce((sum, part) => sum + rowsOf(part), 0)
    firsts.push(firsts.at(-1)! + rows)
  }
  return firsts
}
