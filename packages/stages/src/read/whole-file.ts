// Formats with one document per file share how such a document is named: by the file's path seen
// from the folder where the command was started, with forward slashes, so that a run gives the same
// ids on every machine.
import { relative, sep } from 'node:path'
import type { Context } from '@shardmill/core'

/** 'corpora/blog/index.html' */
export function relativeName(path: string, context: Context): string {
  const name = relative(context.path('.'), context.path(path))
  return (name === '' ? path : name).split(sep).join('/')
}

/** The URL of a file: under `baseUrl`, or `file:` and its relative name. */
export function urlOf(name: string, baseUrl: string | undefined): string {
  const steps = name.split('/').map((step) => encodeURIComponent(step).replaceAll('%2B', '+'))
  const path = steps.join('/')
  if (baseUrl === undefined) return `file:${path}`
  return `${baseUrl.replace(/\/$/, '')}/${path}`
}
