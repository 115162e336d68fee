import { fileURLToPath } from 'node:url'

/** The script that starts this command line anew, for child processes. */
export const launcher = fileURLToPath(new URL('../bin/shardmill.js', import.meta.url))
