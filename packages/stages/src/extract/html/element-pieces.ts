// The part of a row that says which elements and class words stand above a block, and which stock phrases
// it holds: 69 numbers, most of them bits. Blocks of a list have them in common although each has an
// element of its own, so the last few different ones are kept.
import { above, type ElementFacts } from './element-facts.ts'
import { attributeBit, hintGroups } from './hints.ts'
import { phraseKinds } from './phrases.ts'
import type { Page } from './scan.ts'

const weightNames = [
  'weightSum',
  'weightMin',
  'weightMax',
  'weightContainer',
  'weightParent',
  'weightGrandparent',
] as const

export const elementFeatureNames: readonly string[] = [
  ...above.map((name) => `above:${name}`),
  'isContent',
  'isBoilerplate',
  'isHidden',
  ...hintGroups.map((group) => `any:${group}`),
  ...weightNames,
  ...phraseKinds.map((kind) => `phrase:${kind}`),
]
const size = elementFeatureNames.length
const weightsAt = elementFeatureNames.indexOf(weightNames[0])

/** Pieces that are kept. */
const slots = 64
export const elementNumbers = slots * size

/** Returns a function that says where the piece of a block stands; it is overwritten by later ones. */
export function elementPieces(
  { parent, weight }: Page,
  tree: ElementFacts,
  numbers: Float32Array,
  start: number,
): (container: number, phraseBits: number) => number {
  const keys = new Int32Array(3 * slots).fill(-1)
  const weights = new Float32Array(weightNames.length)
  const weightOf = (node: number): number => (node < 0 ? 0 : (weight[node] as number))
  const isThere = (at: number): boolean => {
    for (let i = 0; i < weights.length; i++)
      if (numbers[at + weightsAt + i] !== weights[i]) return false
    return true
  }
  return (container, phraseBits) => {
    const aboveBits = container < 0 ? 0 : (tree.above[container] as number)
    const any = container < 0 ? 0 : (tree.any[container] as number)
    const up = container < 0 ? -1 : (parent[container] as number)
    weights[0] = container < 0 ? 0 : (tree.weightSum[container] as number)
    weights[1] = container < 0 ? 0 : (tree.weightMin[container] as number)
    weights[2] = container < 0 ? 0 : (tree.weightMax[container] as number)
    weights[3] = weightOf(container)
    weights[4] = weightOf(up)
    weights[5] = weightOf(up < 0 ? -1 : (parent[up] as number))
    const mixed = Math.imul((aboveBits * 31 + any) ^ (phraseBits << 7), 0x9e3779b1)
    const slot = mixed >>> 26
    const from = start + slot * size
    const isKnown =
      keys[3 * slot] === aboveBits &&
      keys[3 * slot + 1] === any &&
      keys[3 * slot + 2] === phraseBits
    if (isKnown && isThere(from)) return from
    keys[3 * slot] = aboveBits
    keys[3 * slot + 1] = any
    keys[3 * slot + 2] = phraseBits
    let at = from
    for (let i = 0; i < above.length; i++) numbers[at++] = (aboveBits >> i) & 1
    numbers[at++] = any & attributeBit.isContent ? 1 : 0
    numbers[at++] = any & attributeBit.isBoilerplate ? 1 : 0
    numbers[at++] = any & attributeBit.isHidden ? 1 : 0
    for (let i = 0; i < hintGroups.length; i++) numbers[at++] = (any >> i) & 1
    for (let i = 0; i < weights.length; i++) numbers[at++] = weights[i] as number
    for (let i = 0; i < phraseKinds.length; i++) numbers[at++] = (phraseBits >> i) & 1
    return from
  }
}
