import { fileURLToPath } from 'node:url'

/** The path of a stage in test/fixtures/stages, as a pipeline file names it. */
export function stagePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/stages/${name}.mjs`, import.meta.url))
}
