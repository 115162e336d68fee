/**
 * URL of a module to start as a worker thread. Node 20 cannot start TypeScript there, so the last
 * `src` folder of the path becomes `dist`, where the launcher's build has put the stripped module.
 */
export function workerUrl(base: string, relative: string): URL {
  const url = new URL(relative, base)
  const at = url.pathname.lastIndexOf('/src/')
  if (at >= 0) url.pathname = `${url.pathname.slice(0, at)}/dist/${url.pathname.slice(at + 5)}`
  url.pathname = url.pathname.replace(/\.ts$/, '.js')
  return url
}
