import type { Report } from './report.ts'

/** The report as one self-contained page. */
export function renderReport(report: Report): string {
  return `<!doctype html><title>${report.name}</title>`
}
