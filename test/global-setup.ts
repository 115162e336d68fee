import { buildStale } from '../packages/cli/build.js'

export async function setup(): Promise<void> {
  await buildStale()
}
