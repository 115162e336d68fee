/** Rebuilds what changed in all packages; returns how many files were written. */
export function buildStale(): Promise<number>
