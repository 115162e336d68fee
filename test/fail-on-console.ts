// Console output in a test is either noise or a missed error: both should be seen as a failure.
import { afterEach, beforeEach, expect, vi } from 'vitest'

const methods = ['log', 'info', 'warn', 'error'] as const

beforeEach(() => {
  for (const method of methods) vi.spyOn(console, method)
})

afterEach(() => {
  for (const method of methods) {
    const spy = vi.mocked(console[method])
    const calls = spy.mock.calls.length
    spy.mockRestore()
    expect(calls, `console.${method} was called`).toBe(0)
  }
})
