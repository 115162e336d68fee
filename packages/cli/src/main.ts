/** Runs one command line and returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.write(`shardmill ${argv.join(' ')}\n`)
  return 0
}
