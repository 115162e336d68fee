// Our parameters under the names and shapes of Hugging Face transformers: GPT2LMHeadModel,
// LlamaForCausalLM, BertForMaskedLM (BertForPreTraining with sentence pairs) and RobertaForMaskedLM
// load what we write, and we load theirs.
// Differences: theirs keeps linear weights as [out, in] (GPT-2 excepted) and GPT-2's query, key and
// value in one matrix.
import { InputError } from '@shardmill/core/errors'
import type { Family, ModelConfig, ModelOptions } from '../model/config.ts'
import type { ParameterSpec } from '../model/parameters.ts'

/** How one tensor of theirs is made of ours: one of them, transposed or not, or three side by side. */
export interface LayoutEntry {
  readonly name: string
  readonly parts: readonly string[]
  readonly transposed: boolean
}

/** Renames per family; `{}` is the layer's number. */
const names: Readonly<Record<Family, readonly (readonly [string, string])[]>> = {
  gpt2: [
    ['embedding.token', 'transformer.wte.weight'],
    ['embedding.position', 'transformer.wpe.weight'],
    ['layers.{}.attention.norm.', 'transformer.h.{}.ln_1.'],
    ['layers.{}.attention.query.', 'transformer.h.{}.attn.c_attn.'],
    ['layers.{}.attention.out.', 'transformer.h.{}.attn.c_proj.'],
    ['layers.{}.mlp.norm.', 'transformer.h.{}.ln_2.'],
    ['layers.{}.mlp.up.', 'transformer.h.{}.mlp.c_fc.'],
    ['layers.{}.mlp.down.', 'transformer.h.{}.mlp.c_proj.'],
    ['final.norm.', 'transformer.ln_f.'],
    ['head.weight', 'lm_head.weight'],
  ],
  llama: [
    ['embedding.token', 'model.embed_tokens.weight'],
    ['layers.{}.attention.norm.', 'model.layers.{}.input_layernorm.'],
    ['layers.{}.attention.query.', 'model.layers.{}.self_attn.q_proj.'],
    ['layers.{}.attention.key.', 'model.layers.{}.self_attn.k_proj.'],
    ['layers.{}.attention.value.', 'model.layers.{}.self_attn.v_proj.'],
    ['layers.{}.attention.out.', 'model.layers.{}.self_attn.o_proj.'],
    ['layers.{}.mlp.norm.', 'model.layers.{}.post_attention_layernorm.'],
    ['layers.{}.mlp.gate.', 'model.layers.{}.mlp.gate_proj.'],
    ['layers.{}.mlp.up.', 'model.layers.{}.mlp.up_proj.'],
    ['layers.{}.mlp.down.', 'model.layers.{}.mlp.down_proj.'],
    ['final.norm.', 'model.norm.'],
    ['head.weight', 'lm_head.weight'],
  ],
  bert: [
    ...encoderNames('bert'),
    ['head.transform.', 'cls.predictions.transform.dense.'],
    ['head.norm.', 'cls.predictions.transform.LayerNorm.'],
    ['head.bias', 'cls.predictions.bias'],
    ['head.weight', 'cls.predictions.decoder.weight'],
    ['pooler.', 'bert.pooler.dense.'],
    ['pair.', 'cls.seq_relationship.'],
  ],
  roberta: [
    ...encoderNames('roberta'),
    ['head.transform.', 'lm_head.dense.'],
    ['head.norm.', 'lm_head.layer_norm.'],
    ['head.bias', 'lm_head.bias'],
    ['head.weight', 'lm_head.decoder.weight'],
  ],
}

function encoderNames(root: string): (readonly [string, string])[] {
  return [
    ['embedding.token', `${root}.embeddings.word_embeddings.weight`],
    ['embedding.position', `${root}.embeddings.position_embeddings.weight`],
    ['embedding.segment', `${root}.embeddings.token_type_embeddings.weight`],
    ['embedding.norm.', `${root}.embeddings.LayerNorm.`],
    ['layers.{}.attention.query.', `${root}.encoder.layer.{}.attention.self.query.`],
    ['layers.{}.attention.key.', `${root}.encoder.layer.{}.attention.self.key.`],
    ['layers.{}.attention.value.', `${root}.encoder.layer.{}.attention.self.value.`],
    ['layers.{}.attention.out.', `${root}.encoder.layer.{}.attention.output.dense.`],
    ['layers.{}.attention.norm.', `${root}.encoder.layer.{}.attention.output.LayerNorm.`],
    ['layers.{}.mlp.up.', `${root}.encoder.layer.{}.intermediate.dense.`],
    ['layers.{}.mlp.down.', `${root}.encoder.layer.{}.output.dense.`],
    ['layers.{}.mlp.norm.', `${root}.encoder.layer.{}.output.LayerNorm.`],
  ]
}

/** Their tensors for a list of our parameters, in our order. */
export function transformersLayout(family: Family, specs: readonly ParameterSpec[]): LayoutEntry[] {
  const entries: LayoutEntry[] = []
  for (const { name, shape } of specs) {
    if (family === 'gpt2' && /attention\.(key|value)\./.test(name)) continue
    const isLinear = shape.length === 2 && !/^(embedding\.|head\.weight|pair\.)/.test(name)
    const fused = family === 'gpt2' && name.includes('attention.query.')
    const parts = fused
      ? ['query', 'key', 'value'].map((part) => name.replace('query', part))
      : [name]
    entries.push({ name: rename(family, name), parts, transposed: isLinear && family !== 'gpt2' })
  }
  return entries
}

function rename(family: Family, name: string): string {
  const layer = /^layers\.(\d+)\./.exec(name)?.[1] ?? ''
  const general = name.replace(/^layers\.\d+\./, 'layers.{}.')
  for (const [ours, theirs] of names[family]) {
    if (general === ours) return theirs
    if (ours.endsWith('.') && general.startsWith(ours)) {
      return theirs.replace('{}', layer) + general.slice(ours.length)
    }
  }
  throw new InputError(`${family}: no name in transformers for \`${name}\``)
}

/** [rows, columns] to [columns, rows]. */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!
  }
  return out
}

/** Matrices (or vectors) of one height side by side. */
export function sideBySide(parts: readonly Float32Array[], rows: number): Float32Array {
  const width = parts.reduce((sum, part) => sum + part.length, 0) / rows
  const out = new Float32Array(width * rows)
  let column = 0
  for (const part of parts) {
    const columns = part.length / rows
    for (let i = 0; i < rows; i++) {
      out.set(part.subarray(i * columns, (i + 1) * columns), i * width + column)
    }
    column += columns
  }
  return out
}

/** The inverse of `sideBySide` for `count` parts of equal width. */
export function splitColumns(values: Float32Array, rows: number, count: number): Float32Array[] {
  const width = values.length / rows
  const columns = width / count
  return Array.from({ length: count }, (_, part) => {
    const out = new Float32Array(rows * columns)
    for (let i = 0; i < rows; i++) {
      const at = i * width + part * columns
      out.set(values.subarray(at, at + columns), i * columns)
    }
    return out
  })
}

/** The config.json that makes transformers build the same model. */
export function transformersConfig(
  config: ModelConfig,
  special: { eosId?: number | undefined; bosId?: number | undefined; padId?: number | undefined },
): Record<string, unknown> {
  const ids = {
    bos_token_id: special.bosId ?? null,
    eos_token_id: special.eosId ?? null,
    pad_token_id: special.padId ?? null,
  }
  const common = {
    vocab_size: config.vocabSize,
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tiedHead,
    torch_dtype: 'float32',
    ...ids,
  }
  if (config.family === 'gpt2') {
    return {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      n_positions: config.maxPositions,
      n_embd: config.hiddenSize,
      n_layer: config.layers,
      n_head: config.heads,
      n_inner: config.intermediateSize,
      activation_function: 'gelu_new',
      layer_norm_epsilon: config.normEpsilon,
      resid_pdrop: config.dropout.residual,
      embd_pdrop: config.dropout.embedding,
      attn_pdrop: config.dropout.attention,
      ...common,
    }
  }
  const sizes = {
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.maxPositions + config.positionOffset,
    ...common,
  }
  if (config.family === 'llama') {
    return {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      num_key_value_heads: config.keyValueHeads,
      head_dim: config.headSize,
      hidden_act: 'silu',
      rms_norm_eps: config.normEpsilon,
      rope_theta: config.ropeTheta,
      attention_dropout: config.dropout.attention,
      attention_bias: false,
      mlp_bias: false,
      ...sizes,
    }
  }
  const isBert = config.family === 'bert'
  return {
    architectures: [bertArchitecture(config)],
    model_type: config.family,
    type_vocab_size: config.segmentTypes,
    hidden_act: 'gelu',
    layer_norm_eps: config.normEpsilon,
    // One rate for embeddings and residuals there.
    hidden_dropout_prob: config.dropout.residual,
    attention_probs_dropout_prob: config.dropout.attention,
    ...sizes,
    // RoBERTa numbers positions from its padding id + 1.
    ...(isBert ? {} : { pad_token_id: config.positionOffset - 1 }),
  }
}

function bertArchitecture({ family, pairHead }: ModelConfig): string {
  if (family === 'roberta') return 'RobertaForMaskedLM'
  return pairHead ? 'BertForPreTraining' : 'BertForMaskedLM'
}

/** The model a config.json of transformers describes; throws `InputError` when we have no such model. */
export function parseTransformersConfig(path: string, json: Record<string, unknown>): ModelOptions {
  const family = String(json['model_type'])
  const number = (key: string, otherwise?: number): number => {
    const value = json[key] ?? otherwise
    if (typeof value === 'number') return value
    throw new InputError(`${path}: expected a number at \`${key}\`, got ${JSON.stringify(value)}`)
  }
  const activation = String(json['activation_function'] ?? json['hidden_act'])
  const wanted = { gpt2: 'gelu_new', llama: 'silu', bert: 'gelu', roberta: 'gelu' }[family]
  if (wanted === undefined) {
    throw new InputError(`${path}: no model type \`${family}\``, {
      hint: 'known: gpt2, llama, bert, roberta',
    })
  }
  if (activation !== wanted) {
    throw new InputError(`${path}: activation \`${activation}\`, only \`${wanted}\` is supported`)
  }
  const shared = {
    vocabSize: number('vocab_size'),
    initializerRange: number('initializer_range', 0.02),
  }
  if (family === 'gpt2') {
    const hiddenSize = number('n_embd')
    const inner = json['n_inner']
    return {
      family,
      ...shared,
      hiddenSize,
      layers: number('n_layer'),
      heads: number('n_head'),
      intermediateSize: typeof inner === 'number' ? inner : 4 * hiddenSize,
      maxPositions: number('n_positions'),
      normEpsilon: number('layer_norm_epsilon', 1e-5),
      tiedHead: json['tie_word_embeddings'] !== false,
    }
  }
  const sizes = {
    ...shared,
    hiddenSize: number('hidden_size'),
    layers: number('num_hidden_layers'),
    heads: number('num_attention_heads'),
    intermediateSize: number('intermediate_size'),
  }
  if (family === 'llama') {
    const rope = json['rope_parameters'] as Record<string, unknown> | undefined
    const theta = json['rope_theta'] ?? rope?.['rope_theta'] ?? 10_000
    return {
      family,
      ...sizes,
      keyValueHeads: number('num_key_value_heads', sizes.heads),
      maxPositions: number('max_position_embeddings'),
      normEpsilon: number('rms_norm_eps', 1e-6),
      ropeTheta: Number(theta),
      tiedHead: json['tie_word_embeddings'] === true,
    }
  }
  const isBert = family === 'bert'
  const architectures = Array.isArray(json['architectures']) ? json['architectures'] : []
  return {
    pairHead: architectures.includes('BertForPreTraining'),
    family: isBert ? 'bert' : 'roberta',
    ...sizes,
    maxPositions: number('max_position_embeddings') - (isBert ? 0 : 2),
    normEpsilon: number('layer_norm_eps', 1e-12),
    tiedHead: json['tie_word_embeddings'] !== false,
  }
}
