// Fetches the packages the crawls are made of and unpacks them into a git-ignored cache. Debian
// packages come by `apt-get download`, npm packages by `npm pack`; versions and SHA-256 are pinned.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * The folder with the unpacked content of `pin` ({ name, version, sha256?, from: 'debian' | 'npm' }),
 * fetched on first use. Throws with the way out when the pinned version is no longer served.
 */
export function unpackPackage(pin, cache) {
  const folder = join(cache, `${pin.name}-${pin.version.replace(/[^\w.+~-]/g, '_')}`)
  if (existsSync(folder)) return folder
  const downloads = join(cache, 'downloads')
  mkdirSync(downloads, { recursive: true })
  const archive = pin.from === 'npm' ? fetchNpm(pin, downloads) : fetchDebian(pin, downloads)
  const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex')
  if (pin.sha256 !== undefined && sha256 !== pin.sha256) {
    throw new Error(`${basename(archive)}: expected SHA-256 ${pin.sha256}, got ${sha256}`)
  }
  const part = `${folder}.part`
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { recursive: true })
  if (pin.from === 'npm') execFileSync('tar', ['xzf', archive, '-C', part])
  else execFileSync('dpkg', ['-x', archive, part])
  renameSync(part, folder)
  return folder
}

function fetchDebian({ name, version }, downloads) {
  const find = () =>
    readdirSync(downloads).find(
      (file) =>
        file.startsWith(`${name}_${version.replaceAll(':', '%3a')}_`) && file.endsWith('.deb'),
    )
  if (find() === undefined) {
    try {
      execFileSync('apt-get', ['download', '-q', `${name}=${version}`], {
        cwd: downloads,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    } catch (cause) {
      throw new Error(
        `${name} ${version}: apt-get did not find it; run apt-get update on Debian 12, or put that .deb (also kept at snapshot.debian.org) into ${downloads}`,
        { cause },
      )
    }
  }
  const file = find()
  if (file === undefined) throw new Error(`${name} ${version}: no .deb in ${downloads}`)
  return join(downloads, file)
}

function fetchNpm({ name, version }, downloads) {
  const file = join(downloads, `${name}-${version}.tgz`)
  if (!existsSync(file)) {
    execFileSync('npm', ['pack', '--silent', `${name}@${version}`], {
      cwd: downloads,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  return file
}
