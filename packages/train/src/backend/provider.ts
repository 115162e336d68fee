// A provider: a tfjs backend with a name, what it may do better than stock operations, and the words
// that say what really runs.
import type { Tensor } from '@tensorflow/tfjs-core'
import type { DropoutRates } from '../model/config.ts'
import type { Model } from '../model/model.ts'
import type { AdamwOptions, AdamwStep, Moments } from '../optimizer/adamw.ts'

export type ProviderName = 'torch' | 'tfjs-node-gpu' | 'webgpu' | 'wasm' | 'cpu'

/** Where tensors live: `auto` is the provider's choice. */
export type Device = 'auto' | 'cpu' | `cuda:${number}`

/** What activations are computed in; parameters and moments are always float32. */
export type Precision = 'float32' | 'bfloat16'

export interface ProviderOptions {
  readonly backend: ProviderName | 'auto'
  readonly threads: number | 'auto'
  readonly relaxed: boolean
  /** By default `auto`: the provider's own choice. */
  readonly device?: Device
  /** By default float32. */
  readonly precision?: Precision
  /** By default none. */
  readonly dropout?: DropoutRates
}

/** Optimiser steps over all tensors in one call; parameters and moments change in place. */
export interface FusedOptimizer {
  /** Sum of squares of all gradients, in double precision and a fixed order. */
  squareSum(gradients: readonly Tensor[]): number
  adamw(
    model: Model,
    moments: ReadonlyMap<string, Moments>,
    gradients: readonly Tensor[],
    decays: ReadonlyMap<string, number>,
    options: AdamwOptions,
    step: AdamwStep,
  ): void
}

export interface Provider {
  readonly name: ProviderName
  /** What runs, for the first lines of a run: library, threads, instruction set. */
  readonly description: string
  readonly optimizer: FusedOptimizer | undefined
  /** The most bytes tensors may take; undefined when it is not known. */
  readonly limitBytes: number | undefined
  /** Bytes taken from the system for tensors so far; undefined when it is not known. */
  peakBytes(): number | undefined
  close(): Promise<void>
}
