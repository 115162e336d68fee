// Reads a gzip file as a sequence of units: a unit begins with a member (RFC 1952) whose content
// begins with what the caller calls a record, and takes in the members behind it that do not. So a
// file compressed record by record has a unit per record, a file compressed as a whole has one, and
// one compressed by blocks (bgzip) is still read right.
//
// A member of up to 1 MiB compressed is inflated in one synchronous call and its checksum is
// verified before use; a larger or damaged one is streamed. Memory: 4 MiB of input, 16 MiB of output.
//
// After damage reading goes on at the next true member: bytes that look like a gzip header and
// inflate to the beginning of a record. 1f 8b alone turns up every 64 KiB of compressed data.
import { constants, crc32, createInflateRaw, inflateRawSync } from 'node:zlib'
import type { ByteSource, FileBytes } from './file-bytes.ts'
import { aheadBytes, LookAhead } from './look-ahead.ts'

const maxWholeBytes = 16 << 20
const memberMark = Buffer.from([0x1f, 0x8b, 8])
/** Enough of a member to see what it begins with. */
const probeBytes = 4096
/** A stored deflate block holds at most this many raw bytes (RFC 1951, 3.2.4). */
const storedBlockBytes = 65_535

export type StartsRecord = (content: Buffer) => boolean

interface Member {
  readonly offset: number
  /** Its content so far; `rest` gives what follows. */
  readonly first: Buffer
  readonly rest: AsyncIterator<Buffer, MemberEnd> | undefined
  /** Where the next member begins, once this one is read. */
  readonly next: number
}

interface MemberEnd {
  readonly next: number
  readonly problem: string | undefined
}

export class GzipMembers implements ByteSource {
  /** Offset in the file of the member that began this unit. */
  unitStart = 0
  /** Why the unit ended early: 'cut-member', 'bad-member', 'bad-member-checksum', 'not-gzip'. */
  problem: string | undefined
  /** Offset in the file of the damage that `problem` names. */
  problemAt = 0
  readonly #input: LookAhead
  readonly #startsRecord: StartsRecord
  #position: number
  /** A member that begins the next unit. */
  #pending: Member | undefined
  #current: Member | undefined
  #first: Buffer | undefined
  /** Where to look for a member after damage. */
  #resync: number | undefined

  constructor(file: FileBytes, position: number, startsRecord: StartsRecord) {
    this.#input = new LookAhead(file)
    this.#position = position
    this.#startsRecord = startsRecord
  }

  /** Goes to the next unit; false at the end. The one before must have been pulled to its end. */
  async nextUnit(): Promise<boolean> {
    this.problem = undefined
    if (this.#resync !== undefined) {
      const found = findMember(this.#input, this.#resync, this.#input.size, this.#startsRecord)
      if (found === undefined) return false
      this.#resync = undefined
      this.#position = found
    }
    const member = this.#pending ?? (await this.#open())
    this.#pending = undefined
    this.unitStart = member?.offset ?? this.#position
    if (member === undefined) return this.problem !== undefined
    this.#begin(member)
    return true
  }

  async pull(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#first !== undefined) {
        const first = this.#first
        this.#first = undefined
        if (first.length > 0) return first
      }
      if (this.problem !== undefined || this.#pending !== undefined) return undefined
      const current = this.#current
      if (current === undefined) return undefined
      if (current.rest !== undefined) {
        const step = await current.rest.next()
        if (step.done !== true) return step.value
        this.#position = step.value.next
        if (step.value.problem !== undefined) {
          this.#fail(step.value.problem, current.offset)
          return undefined
        }
      }
      this.#current = undefined
      const member = await this.#open()
      if (member === undefined) return undefined
      if (this.#startsRecord(member.first)) {
        this.#pending = member
        return undefined
      }
      this.#begin(member)
    }
  }

  #begin(member: Member): void {
    this.#current = member
    this.#first = member.first
    this.#position = member.next
  }

  #fail(problem: string, offset: number): void {
    this.problem = problem
    this.problemAt = offset
    this.#resync = offset + 1
    this.#current = undefined
  }

  /** The member at the current position; undefined at the end or, with a problem, at garbage. */
  async #open(): Promise<Member | undefined> {
    const offset = this.#input.skipPadding(this.#position)
    const view = this.#input.look(offset)
    if (view.length === 0) return undefined
    const whole = inflateWhole(view)
    if (whole === 'not-gzip' || whole === 'bad-member-checksum') {
      this.#position = offset
      this.#fail(whole, offset)
      return undefined
    }
    if (whole !== 'stream') {
      const next = offset + whole.bytes
      return { offset, first: whole.content, rest: undefined, next }
    }
    const rest = streamMember(this.#input, offset)
    const step = await rest.next()
    if (step.done === true) {
      this.#position = step.value.next
      if (step.value.problem !== undefined) {
        this.#fail(step.value.problem, offset)
        return undefined
      }
      return { offset, first: Buffer.alloc(0), rest: undefined, next: step.value.next }
    }
    return { offset, first: step.value, rest, next: offset }
  }
}

/** Bytes of the gzip header at the start of `view`, or 0 when there is none (RFC 1952, 2.3). */
function gzipHeaderBytes(view: Buffer): number {
  if (view.length < 18 || view[0] !== 0x1f || view[1] !== 0x8b || view[2] !== 8) return 0
  const flags = view[3] ?? 0
  if ((flags & 0xe0) !== 0) return 0
  let at = 10
  if ((flags & 4) !== 0) at += 2 + view.readUInt16LE(at)
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue
    const end = view.indexOf(0, at)
    if (end < 0) return 0
    at = end + 1
  }
  if ((flags & 2) !== 0) at += 2
  return at < view.length ? at : 0
}

interface Inflated {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/**
 * Inflates as much as there is; throws on damage and past `maxBytes` of output. Output comes in
 * pieces of `chunkSize` that are joined at the end: one piece costs a copy and garbage less.
 */
function inflate(input: Buffer, maxBytes: number, chunkSize = 1 << 16): Inflated {
  const result: unknown = inflateRawSync(input, {
    info: true,
    chunkSize,
    finishFlush: constants.Z_SYNC_FLUSH,
    maxOutputLength: maxBytes,
  })
  return result as Inflated // `info` changes the result; its type does not say so
}

/** The member at the start of `view`, if it is complete and of usual size. */
function inflateWhole(
  view: Buffer,
): { content: Buffer; bytes: number } | 'stream' | 'not-gzip' | 'bad-member-checksum' {
  const header = gzipHeaderBytes(view)
  if (header === 0) return 'not-gzip'
  // Never more than 1 MiB, so that the choice depends on the member and not on the buffer.
  const input = view.subarray(header, aheadBytes)
  let inflated: Inflated
  try {
    inflated = inflate(input, maxWholeBytes, likelySize(view) + 1)
  } catch {
    return 'stream'
  }
  const end = header + inflated.engine.bytesWritten
  if (inflated.engine.bytesWritten === input.length || end + 8 > view.length) return 'stream'
  const { buffer } = inflated
  const isSound =
    view.readUInt32LE(end) === crc32(buffer) && view.readUInt32LE(end + 4) === buffer.length
  return isSound ? { content: buffer, bytes: end + 8 } : 'bad-member-checksum'
}

/**
 * The content size of the member at the start of `view`, as the four bytes before the next gzip
 * mark say. Only a hint: that mark may be a false one.
 */
function likelySize(view: Buffer): number {
  const next = view.indexOf(memberMark, 18)
  const size = next < 0 ? 0 : view.readUInt32LE(next - 4)
  return size > 0 && size < next * 64 && size < maxWholeBytes ? size : 1 << 16
}

/** Inflates a member of any size piece by piece. */
async function* streamMember(input: LookAhead, offset: number): AsyncGenerator<Buffer, MemberEnd> {
  const header = gzipHeaderBytes(input.look(offset))
  const engine = createInflateRaw({ chunkSize: 1 << 16, finishFlush: constants.Z_SYNC_FLUSH })
  const ready: Buffer[] = []
  let state: 'open' | 'ended' | 'broken' = 'open'
  let wake: (() => void) | undefined
  engine.on('data', (chunk: Buffer) => ready.push(chunk))
  engine.once('end', () => {
    state = 'ended'
    wake?.()
  })
  engine.on('error', () => {
    state = 'broken'
    wake?.()
  })
  let checksum = 0
  let length = 0
  let at = offset + header
  const current = () => state // the handlers change it behind the type checker's back
  try {
    while (current() === 'open') {
      // Small pieces: each may inflate to a thousand times its size before it can be handed on.
      const block = input.look(at, 1).subarray(0, 1 << 16)
      at += block.length
      await new Promise<void>((resolve) => {
        wake = resolve
        if (block.length === 0) engine.end()
        else engine.write(block, () => resolve())
      })
      for (const chunk of ready.splice(0)) {
        checksum = crc32(chunk, checksum)
        length += chunk.length
        yield chunk
      }
    }
  } finally {
    engine.destroy()
  }
  const next = offset + header + engine.bytesWritten
  if (at >= input.size && next === at) return { next, problem: 'cut-member' }
  if (current() === 'broken') return { next, problem: 'bad-member' }
  const trailer = input.look(next, 8)
  if (trailer.length < 8) return { next, problem: 'cut-member' }
  const isSound =
    trailer.readUInt32LE(0) === checksum && trailer.readUInt32LE(4) === length % 2 ** 32
  return { next: next + 8, problem: isSound ? undefined : 'bad-member-checksum' }
}

/** First offset in [from, end) where a member begins that begins with a record. */
function findMember(
  input: LookAhead,
  from: number,
  end: number,
  startsRecord: StartsRecord,
): number | undefined {
  let at = from
  while (at < end) {
    const view = input.look(at, 1 << 16)
    const usable = at + view.length >= input.size ? view.length : view.length - probeBytes
    for (
      let found = view.indexOf(memberMark);
      found >= 0 && found < usable && at + found < end;
      found = view.indexOf(memberMark, found + 1)
    ) {
      if (beginsRecord(view.subarray(found), startsRecord)) return at + found
    }
    if (at + view.length >= input.size) return undefined
    at += usable
  }
  return undefined
}

/** Whether a member begins here whose content begins with a record. */
export function beginsRecord(view: Buffer, startsRecord: StartsRecord): boolean {
  const header = gzipHeaderBytes(view)
  if (header === 0) return false
  try {
    const { buffer } = inflate(view.subarray(header, header + probeBytes), 1 << 23)
    return startsRecord(buffer)
  } catch {
    return false
  }
}

/**
 * Where reading of a segment begins: the first offset >= `start` at which reading the whole file
 * would begin a unit, or undefined when there is none before `end`.
 *
 * A candidate may be a lie: a record whose payload is itself a .warc.gz that deflate could not
 * shrink lies in the file byte for byte, but at most 65,535 bytes of it in a row, then comes a block
 * header. So a candidate from which sound members follow each other for longer than that is true.
 * Otherwise (and near damage) an earlier true member is looked for and the way walked from there.
 */
export async function findUnit(
  file: FileBytes,
  start: number,
  end: number,
  startsRecord: StartsRecord,
): Promise<number | undefined> {
  if (start <= 0) return 0
  const input = new LookAhead(file)
  const candidate = findMember(input, start, end, startsRecord)
  if (candidate === undefined) return undefined
  if (await isTrueMember(input, candidate)) return candidate
  for (let back = aheadBytes; ; back *= 4) {
    const from = Math.max(0, start - back)
    let anchor: number | undefined = from
    if (from > 0) {
      anchor = findMember(input, from, start, startsRecord)
      while (anchor !== undefined && !(await isTrueMember(input, anchor))) {
        anchor = findMember(input, anchor + 1, start, startsRecord)
      }
    }
    if (anchor === undefined) continue
    const units = new GzipMembers(file, anchor, startsRecord)
    while (await units.nextUnit()) {
      if (units.unitStart >= start) return units.unitStart < end ? units.unitStart : undefined
      while ((await units.pull()) !== undefined);
    }
    return undefined
  }
}

/** Whether sound members follow each other from here to past a stored block or to the end. */
async function isTrueMember(input: LookAhead, offset: number): Promise<boolean> {
  let at = offset
  while (at - offset <= storedBlockBytes) {
    at = input.skipPadding(at)
    const view = input.look(at)
    if (view.length === 0) return true
    const whole = inflateWhole(view)
    if (typeof whole === 'object') {
      at += whole.bytes
    } else if (whole === 'stream') {
      const rest = streamMember(input, at)
      let step = await rest.next()
      while (step.done !== true) step = await rest.next()
      if (step.value.problem !== undefined) return false
      at = step.value.next
    } else {
      return false
    }
  }
  return true
}
