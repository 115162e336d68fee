import * as fc from 'fast-check'
import { forEachGroup } from '@shardmill/runtime/exchange/group-records'
import { DocumentMarks, MarkList } from '@shardmill/runtime/exchange/mark-list'
import { MemberBuffer, forEachCluster } from '@shardmill/runtime/exchange/member-buffer'
import { RecordBuffer, partitionOf } from '@shardmill/runtime/exchange/record-buffer'
import { UnionFind } from '@shardmill/runtime/exchange/union-find'
import { alone, clusterLabels } from '@shardmill/runtime/tasks/cluster'
import { expect, test } from 'vitest'

const records = fc.array(
  fc.tuple(fc.constantFrom(0, 1, 7, 0xffff, 0x10000, 0xffff_ffff), fc.nat(3), fc.nat(9)),
  { maxLength: 300 },
)

test('groups are those of a plain map, members in ordinal order', () => {
  fc.assert(
    fc.property(records, fc.constantFrom(1, 2), (rows, keyWords) => {
      const words = Uint32Array.from(rows.flatMap((row, ordinal) => [...row, ordinal]))
      const found: [string, number[]][] = []
      forEachGroup({ count: rows.length, stride: 4, words }, keyWords, (group) => {
        const members = Array.from({ length: group.count }, (_, i) => group.ordinal(i))
        const key = Array.from({ length: keyWords }, (_, k) => group.word(0, k)).join()
        found.push([key, members])
      })
      const plain = new Map<string, number[]>()
      for (const [ordinal, row] of rows.entries()) {
        const key = row.slice(0, keyWords).join()
        plain.set(key, [...(plain.get(key) ?? []), ordinal])
      }
      const expected = [...plain].filter(([, members]) => members.length > 1)
      const byKey = ([a]: [string, number[]], [b]: [string, number[]]): number => (a < b ? -1 : 1)
      expect(found.toSorted(byKey)).toEqual(expected.toSorted(byKey))
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('a partitioned buffer keeps every record, in order, in the partition of its key', () => {
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 9 }), (rows, partitions) => {
      const buffer = new RecordBuffer(3)
      for (const [row, record] of rows.entries()) buffer.push(row, record)
      const { words, sections } = buffer.partitioned(partitions)
      let at = 0
      for (const [partition, count] of sections.entries()) {
        const expected = rows
          .map((record, row) => [...record, row])
          .filter(([key]) => partitionOf(key!, partitions) === partition)
        const found = Array.from({ length: count }, (_, i) => {
          return [...words.subarray((at + i) * 4, (at + i + 1) * 4)]
        })
        expect(found).toEqual(expected)
        at += count
      }
      expect(at).toBe(rows.length)
    }),
    { seed: 2, numRuns: 200 },
  )
})

test('the label of a set is its least member, whatever the order of unions', () => {
  const links = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 60 })
  fc.assert(
    fc.property(links, fc.integer(), (edges, turn) => {
      const label = (list: readonly (readonly [number, number])[]): number[] => {
        const sets = new UnionFind(41)
        for (const [a, b] of list) sets.union(a, b)
        return Array.from({ length: 41 }, (_, i) => sets.find(i))
      }
      const cut = Math.abs(turn) % (edges.length + 1)
      const labels = label(edges)
      expect(label([...edges.slice(cut), ...edges.slice(0, cut)].toReversed())).toEqual(labels)
      for (const [member, least] of labels.entries()) {
        expect(least).toBeLessThanOrEqual(member)
        expect(labels[least]).toBe(least)
      }
      for (const [a, b] of edges) expect(labels[a]).toBe(labels[b])
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('described members meet by label, in document order, words intact', () => {
  const members = fc.array(fc.tuple(fc.nat(5), fc.array(fc.nat(), { maxLength: 6 })))
  fc.assert(
    fc.property(members, fc.integer({ min: 1, max: 5 }), (list, partitions) => {
      const buffer = new MemberBuffer()
      for (const [ordinal, [label, words]] of list.entries()) {
        buffer.push(label, ordinal, Uint32Array.from(words))
      }
      const { words, sections } = buffer.partitioned(partitions)
      const found: [number, number[]][][] = []
      let at = 0
      for (const size of sections) {
        forEachCluster(words.subarray(at, at + size), (cluster) => {
          found.push(
            Array.from({ length: cluster.count }, (_, i): [number, number[]] => {
              return [cluster.ordinal(i), [...cluster.words(i)]]
            }),
          )
        })
        at += size
      }
      expect(at).toBe(words.length)
      const expected = [0, 1, 2, 3, 4, 5]
        .map((label) => {
          return list.flatMap(([own, description], ordinal): [number, number[]][] => {
            return own === label ? [[ordinal, description]] : []
          })
        })
        .filter(({ length }) => length > 1)
      const byFirst = (a: [number, number[]][], b: [number, number[]][]): number =>
        a[0]![0] - b[0]![0]
      expect(found.toSorted(byFirst)).toEqual(expected.toSorted(byFirst))
    }),
    { seed: 4, numRuns: 200 },
  )
})

test('clusters are labelled by their first document and cut into pieces', () => {
  const sets = new UnionFind(9)
  for (const [a, b] of [
    [1, 3],
    [3, 4],
    [4, 6],
    [8, 6],
    [2, 7],
  ] as const) {
    sets.union(a, b)
  }
  expect([...clusterLabels(sets, 9, 100)]).toEqual([alone, 1, 2, 1, 1, alone, 1, 2, 1])
  expect([...clusterLabels(sets, 9, 2)]).toEqual([alone, 1, 2, 1, 4, alone, 4, 2, 8])
})

test('marks come back to the task and the row that they belong to, merged where they touch', () => {
  const marks = fc.array(fc.tuple(fc.nat(11), fc.nat(20), fc.integer({ min: 1, max: 4 })), {
    maxLength: 60,
  })
  // Tasks of 3, 0, 5 and 4 rows.
  const firsts = [0, 3, 3, 8, 12]
  fc.assert(
    fc.property(marks, fc.integer({ min: 1, max: 4 }), (list, reducers) => {
      const files = Array.from({ length: reducers }, () => new MarkList())
      for (const [i, [ordinal, from, size]] of list.entries()) {
        files[i % reducers]!.push(ordinal, from, from + size)
      }
      const written = files.map((file) => file.byTask(firsts))
      for (let task = 0; task + 1 < firsts.length; task++) {
        const words = written.flatMap(({ words: all, sections }) => {
          const before = sections.slice(0, task).reduce((sum, n) => sum + n, 0)
          return [...all.subarray(before * 3, (before + sections[task]!) * 3)]
        })
        const own = new DocumentMarks(Uint32Array.from(words))
        for (let row = 0; row < firsts[task + 1]! - firsts[task]!; row++) {
          const points = new Set<number>()
          for (const [ordinal, from, size] of list) {
            if (ordinal !== firsts[task]! + row) continue
            for (let point = from; point < from + size; point++) points.add(point)
          }
          const spans = own.of(row)
          const found: number[] = []
          for (let i = 0; i < (spans?.count ?? 0); i++) {
            if (i > 0) expect(spans!.starts[i]).toBeGreaterThan(spans!.ends[i - 1]!)
            for (let point = spans!.starts[i]!; point < spans!.ends[i]!; point++) found.push(point)
          }
          expect(found).toEqual([...points].toSorted((a, b) => a - b))
          expect(own.hasNone(row, row + 1)).toBe(points.size === 0)
        }
      }
    }),
    { seed: 5, numRuns: 200 },
  )
})
