// corpora/sample is what every pipeline runs on, so its promises are tests: small, whole members,
// right digests, one truth per record, copies after their originals.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const folder = new URL('../corpora/sample/', import.meta.url)

interface Truth {
  readonly id: string
  readonly url: string
  readonly kind: string
  readonly expect: string
  readonly reason?: string
  readonly duplicateOf?: string
}

const truths = readFileSync(new URL('truth.jsonl', folder), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Truth)
const members = splitMembers(readFileSync(new URL('sample.warc.gz', folder)))

test('is at most 5 MB', () => {
  const bytes = readdirSync(folder).map((file) => statSync(new URL(file, folder)).size)
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(5_000_000)
})

test('holds exactly the records its README names', () => {
  const digest = createHash('sha256')
  for (const member of members) digest.update(member)
  expect(readFileSync(new URL('README.md', folder), 'utf8')).toContain(digest.digest('hex'))
})

test('has one truth per record but the first, in file order', () => {
  expect(members).toHaveLength(truths.length + 1)
  const wellFormed = members.slice(1).map((member, i) => [member, truths[i]!] as const)
  for (const [member, truth] of wellFormed) {
    const head = member.toString('latin1', 0, 1000)
    if (truth.kind !== 'malformed') expect(head).toContain(`<urn:uuid:${truth.id}>`)
  }
})

test('every sound record has the length it declares and its digest', () => {
  members.forEach((member, i) => {
    if (truths[i - 1]?.kind === 'malformed') return
    const end = member.indexOf('\r\n\r\n') + 4
    const head = member.toString('latin1', 0, end)
    const block = member.subarray(end, -4)
    expect(Number(/^Content-Length: (\d+)/m.exec(head)?.[1])).toBe(block.length)
    const digest = /^WARC-Block-Digest: sha1:(\w+)/m.exec(head)?.[1]
    expect(digest).toBe(base32(createHash('sha1').update(block).digest()))
  })
})

test('ids are unique and every copy comes after its original', () => {
  const at = new Map(truths.map(({ id }, i) => [id, i]))
  expect(at.size).toBe(truths.length)
  truths.forEach(({ duplicateOf, expect: expected, reason }, i) => {
    if (duplicateOf !== undefined) expect(at.get(duplicateOf)).toBeLessThan(i)
    expect(['keep', 'drop', 'either']).toContain(expected)
    if (expected === 'drop') expect(reason).toBeTypeOf('string')
  })
})

/** Uncompressed members. One starts at the magic of our writer; gzip bodies inside have it too. */
function splitMembers(file: Buffer): Buffer[] {
  const magic = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255])
  const found: Buffer[] = []
  let start = 0
  for (let end = 1; start < file.length;) {
    const next = file.indexOf(magic, end)
    end = next < 0 ? file.length : next
    try {
      found.push(gunzipSync(file.subarray(start, end)))
      start = end
    } catch (error) {
      if (next < 0) throw error
    }
    end++
  }
  return found
}

function base32(bytes: Buffer): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return bits.replace(
    /.{5}/g,
    (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)]!,
  )
}
