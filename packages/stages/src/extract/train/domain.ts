// Folds of pages by registered domain, so that pages of one site never stand on both sides of one.
import { hashText } from '@shardmill/core/hash'
import { registeredDomain } from '../../url/registered-domain.ts'

/** Fold of a page among `folds`, by its registered domain; pages without URL go by their id. */
export function foldOf(url: string, id: string, folds: number): number {
  return Number.parseInt(hashText(registeredDomain(url) || id).slice(-8), 16) % folds
}
