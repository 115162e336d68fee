// How strong the penalty is, and how much rare n-grams count, by cross-validation inside the training
// examples: three folds, whole groups (sites) where there are groups, because what holds for pages of
// known sites need not hold for a new one. Least calibrated loss of the examples left out, of the
// settings below. The validation and test splits are not looked at.
// Cost: 24 short trainings on two thirds of at most 20,000 examples.
import { seeded } from '@shardmill/core/random'
import { calibratedLoss, fitCalibration } from './calibrate.ts'
import { trainNgrams, type DualState } from './train-ngrams.ts'
import { createVectors, inverseFrequencies, type TrainingSet } from './training-set.ts'

export interface NgramsSettings {
  readonly inverseRegularization: number
  readonly idfPower: number
}

export interface SettingsOptions {
  /** Given values are not chosen. */
  readonly inverseRegularization?: number | undefined
  readonly idfPower?: number | undefined
  readonly epochs: number
  readonly seed: number
}

/** Weak penalties suit long vectors with little noise, strong ones short texts; above 30 little changes. */
const strengths = [1, 3, 10, 30]
/** 1 is the usual weight; 2 lets rare words decide, which short texts gain by. */
const idfPowers = [1, 2]
const foldCount = 3
const maxExamples = 20_000

export function chooseSettings(
  set: Omit<TrainingSet, 'idf'>,
  rowCount: number,
  options: SettingsOptions,
  onProgress: (message: string) => void,
): NgramsSettings {
  const { store, truth, outputs } = set
  const tried = [options.inverseRegularization ?? strengths].flat()
  const powers = [options.idfPower ?? idfPowers].flat()
  const settings = powers.flatMap((idfPower) =>
    tried.map((inverseRegularization) => ({ idfPower, inverseRegularization })),
  )
  if (settings.length === 1) return settings[0]!
  const chosen = sampleOf(set.train, options.seed)
  const folds = foldsOf(store, chosen)
  const outcomes = settings.map(() => new Float64Array(chosen.length * outputs))
  for (let fold = 0; fold < foldCount; fold++) {
    const train = chosen.filter((_, i) => folds[i] !== fold)
    for (const [p, idfPower] of powers.entries()) {
      const part = { ...set, train, idf: inverseFrequencies(store, train, rowCount, idfPower) }
      const { values, fill } = createVectors(part)
      let state: DualState | undefined
      for (const [s, inverseRegularization] of tried.entries()) {
        state = trainNgrams(part, { ...options, inverseRegularization }, state)
        const outcome = outcomes[p * tried.length + s]!
        for (const [i, example] of chosen.entries()) {
          if (folds[i] !== fold) continue
          fill(example)
          const [from, to] = [store.starts[example]!, store.starts[example + 1]!]
          for (let k = 0; k < outputs; k++) {
            let sum = state.biases[k]!
            for (let n = from; n < to; n++) {
              sum += state.weights[store.rows[n]! * outputs + k]! * values[n - from]!
            }
            outcome[i * outputs + k] = sum
          }
        }
      }
    }
  }
  const labels = Array.from(chosen, (example) => truth[example]!)
  let [best, least] = [settings[0]!, Infinity]
  for (const [i, setting] of settings.entries()) {
    const calibration = fitCalibration(outcomes[i]!, outputs, labels)
    const loss = calibratedLoss(outcomes[i]!, outputs, labels, calibration)
    const { idfPower, inverseRegularization } = setting
    onProgress(`C ${inverseRegularization}, idf^${idfPower}: loss left out ${loss.toFixed(4)}`)
    if (loss < least) [best, least] = [setting, loss]
  }
  return best
}

function sampleOf(train: Uint32Array, seed: number): Uint32Array {
  if (train.length <= maxExamples) return train
  const order = train.slice()
  const random = seeded(seed)
  for (let i = 0; i < maxExamples; i++) {
    const j = i + random.below(order.length - i)
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order.slice(0, maxExamples).toSorted()
}

/** A fold per example: whole groups, largest first into the emptiest fold; else by the coin of its text. */
function foldsOf(store: TrainingSet['store'], chosen: Uint32Array): Uint8Array {
  const sizes = new Map<number, number>()
  for (const example of chosen) {
    const group = store.groups[example]!
    if (group >= 0) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  }
  const foldOfGroup = new Map<number, number>()
  if (sizes.size >= foldCount) {
    const filled = Array.from({ length: foldCount }, () => 0)
    for (const [group, size] of [...sizes].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])) {
      const fold = filled.indexOf(Math.min(...filled))
      foldOfGroup.set(group, fold)
      filled[fold]! += size
    }
  }
  return Uint8Array.from(
    chosen,
    (example) => foldOfGroup.get(store.groups[example]!) ?? store.foldCoin(example, foldCount),
  )
}
