// The addon over libtorch, where it is built: device and precision, operators found by schema and
// their fallback, and the deadlock of OpenBLAS that a changed number of threads would bring.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { selfTest } from '../src/backend/self-test.ts'
import { addonPath } from '../src/backend/torch/build.ts'
import { loadTorch, openTorch } from '../src/backend/torch/provider.ts'

const isBuilt = existsSync(addonPath)
const title = isBuilt ? 'torch' : 'torch (SKIPPED: not built; `pnpm train backend build torch`)'

// The schemas of torch 2.15 (`torch.ops.aten._fused_adamw_.default._schema`, and so on).
const adamw =
  'aten::_fused_adamw_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, ' +
  'Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, ' +
  'float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, ' +
  'Tensor? grad_scale=None, Tensor? found_inf=None) -> ()'
const flash =
  'aten::_flash_attention_forward(Tensor query, Tensor key, Tensor value, Tensor? cum_seq_q, ' +
  'Tensor? cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, ' +
  'bool return_debug_mask, *, float? scale=None, SymInt? window_size_left=None, ' +
  'SymInt? window_size_right=None, Tensor? seqused_k=None, Tensor? alibi_slopes=None) -> ' +
  '(Tensor output, Tensor softmax_logsumexp, Tensor rng_state, Tensor unused, Tensor debug_attn_mask)'

describe.skipIf(!isBuilt)(title, () => {
  afterEach(() => {
    delete process.env['SHARDMILL_TORCH_PLAIN']
  })

  const isOld = (): boolean => Number(loadTorch(2).TF_Version.split('.')[0]) < 2

  async function difference(precision: 'float32' | 'bfloat16'): Promise<number> {
    const provider = await openTorch({ threads: 2, device: 'cpu', precision })
    const result = selfTest(provider.optimizer)
    await provider.close()
    return result.difference
  }

  test('float32 computes the reference, with fused operators and with plain ones', async () => {
    expect(await difference('float32')).toBeLessThan(1e-5)
    process.env['SHARDMILL_TORCH_PLAIN'] = '1'
    expect(await difference('float32')).toBeLessThan(1e-5)
  })

  test('bfloat16 stays within its eight bits; torch 1 refuses it', async () => {
    if (isOld()) {
      await expect(difference('bfloat16')).rejects.toThrow('bfloat16 needs torch 2')
      return
    }
    // A loss of 3.36; 2^-8 of it is 0.013.
    for (const plain of ['0', '1']) {
      process.env['SHARDMILL_TORCH_PLAIN'] = plain
      const off = await difference('bfloat16')
      expect(off).toBeGreaterThan(1e-6)
      expect(off).toBeLessThan(0.02)
    }
  })

  test('the installed version has the operators we know, or says what differs', () => {
    const binding = loadTorch(2)
    const report = binding.namedOperators('cpu')
    const faults = new Map(report.flatMap((name, i) => (i % 2 ? [] : [[name, report[i + 1]!]])))
    expect(faults.get('aten::_fused_adamw_')).toBe(isOld() ? 'does not exist in this version' : '')
    // The varlen form is CUDA's alone.
    expect(faults.get('aten::_flash_attention_forward')).toMatch(
      isOld() ? /does not exist/ : /no kernel for this device/,
    )
  })

  test.each([
    ['the schema we know', adamw, ''],
    [
      'a new argument with a default',
      adamw.replace('found_inf', 'more=None, Tensor? found_inf'),
      '',
    ],
    [
      'a new argument without one',
      adamw.replace('float lr', 'float lr, float extra'),
      '`extra` we do',
    ],
    ['another name', adamw.replace('float eps', 'float epsilon'), 'has no argument `eps`'],
    ['another type', adamw.replace('float lr', 'Tensor lr'), '`lr` is Tensor, expected float'],
    ['results', adamw.replace('-> ()', '-> Tensor'), 'gives 1 results, expected 0'],
    ['flash: the schema we know', flash, ''],
    [
      'flash: a window instead of causal',
      flash.replace('bool is_causal', 'int window'),
      'is_causal',
    ],
    ['flash: one result less', flash.replace(', Tensor debug_attn_mask', ''), 'gives 4 results'],
  ])('%s', (_, schema, wanted) => {
    const found = loadTorch(2).mismatch(schema.slice(0, schema.indexOf('(')), schema)
    if (wanted === '') expect(found).toBe('')
    else expect(found).toContain(wanted)
  })

  test('a device that is not there is refused with a reason', async () => {
    await expect(openTorch({ threads: 2, device: 'cuda:77' })).rejects.toThrow(/^torch: cuda:77 /)
  })

  test.each([1, 2, 3])(
    '%i threads in a process of its own do not hang',
    (threads) => {
      const url = new URL('../dist/backend/', import.meta.url).href
      const script = `
      const { openTorch } = await import('${url}torch/provider.js')
      const { selfTest } = await import('${url}self-test.js')
      const provider = await openTorch({ threads: ${threads}, device: 'cpu' })
      process.stdout.write(String(selfTest(provider.optimizer).difference < 1e-5))
      await provider.close()`
      const options = { encoding: 'utf8', timeout: 120_000 } as const
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], options)
      expect(child.stdout, child.stderr).toBe('true')
      expect(child.status).toBe(0)
    },
    130_000,
  )
})
