// Input globs to a list of files, in a defined order: entries as written, then paths by code unit.
// A folder stands for every file below it whose ending a reader knows.
import { accessSync, constants, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { formats } from '@shardmill/stages'
import { formatEndings, formatOf } from '@shardmill/stages/read/format-of'
import { escapePath, glob } from 'tinyglobby'
import type { z } from 'zod'
import { suggestion } from '@shardmill/core/did-you-mean'

export interface InputFile {
  /** Absolute. */
  readonly path: string
  readonly bytes: number
  readonly modifiedMs: number
  readonly format: string
  /** Options of the format, checked, with defaults. */
  readonly options: unknown
}

export interface InputEntry {
  readonly path: string | readonly string[]
  readonly format?: string | undefined
  readonly options: Readonly<Record<string, unknown>>
  readonly folder: string
}

export interface InputFault {
  /** The key of the entry that is at fault, `path` when absent. */
  readonly key?: string
  readonly message: string
}

/** Appends the files of one entry to `files`; answers what is wrong with it. */
export async function expandInputs(entry: InputEntry, files: InputFile[]): Promise<InputFault[]> {
  const faults: InputFault[] = []
  if (entry.format !== undefined && !formats[entry.format]) {
    const hint = suggestion(entry.format, Object.keys(formats))
    return [{ key: 'format', message: `no input format \`${entry.format}\`${hint}` }]
  }
  const patterns = typeof entry.path === 'string' ? [entry.path] : entry.path
  const optionsByFormat = new Map<string, unknown>()
  for (const pattern of patterns) {
    const paths = await expandPattern(pattern, entry.folder)
    if (paths.length === 0) {
      faults.push({ message: `no input file matches \`${pattern}\` (looked in ${entry.folder})` })
    }
    for (const path of paths) {
      if (entry.format === undefined && !hasKnownEnding(path)) {
        const name = relative(entry.folder, path)
        const known = Object.values(formatEndings).flat().join(' ')
        faults.push({
          message: `no reader knows the ending of \`${name}\`; name one with \`format:\`, or use one of ${known}`,
        })
        break
      }
      const format = entry.format ?? formatOf(path)
      if (!optionsByFormat.has(format)) {
        const checked = await checkFormatOptions(format, entry.options)
        faults.push(...checked.faults)
        optionsByFormat.set(format, checked.options)
      }
      try {
        accessSync(path, constants.R_OK)
      } catch {
        faults.push({ message: `cannot read \`${path}\`: permission denied` })
        continue
      }
      const { size, mtimeMs } = statSync(path)
      const options = optionsByFormat.get(format)
      files.push({ path, bytes: size, modifiedMs: mtimeMs, format, options })
    }
  }
  return faults
}

async function expandPattern(pattern: string, folder: string): Promise<string[]> {
  const direct = resolve(folder, pattern)
  const stats = statSync(direct, { throwIfNoEntry: false })
  if (stats?.isFile()) return [direct]
  const patterns = stats?.isDirectory() ? [`${escapePath(pattern)}/**/*`] : [pattern]
  const found = await glob(patterns, { cwd: folder, absolute: true, onlyFiles: true, dot: false })
  const known = stats?.isDirectory() ? found.filter((path) => hasKnownEnding(path)) : found
  return known.toSorted()
}

function hasKnownEnding(path: string): boolean {
  const name = path.toLowerCase()
  return Object.values(formatEndings).some((list) => list.some((ending) => name.endsWith(ending)))
}

async function checkFormatOptions(
  name: string,
  given: Readonly<Record<string, unknown>>,
): Promise<{ options: unknown; faults: InputFault[] }> {
  const format = await formats[name]!()
  const parsed = format.options.safeParse(given)
  if (parsed.success) return { options: parsed.data, faults: [] }
  const known = Object.keys((format.options as Partial<z.ZodObject>).shape ?? {})
  const faults = parsed.error.issues.flatMap((issue): InputFault[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        key,
        message: `input ${name}: unknown option \`${key}\`${suggestion(key, known)}`,
      }))
    }
    const key = String(issue.path[0] ?? 'path')
    return [{ key, message: `input ${name}: \`${issue.path.join('.')}\`: ${issue.message}` }]
  })
  return { options: undefined, faults }
}
