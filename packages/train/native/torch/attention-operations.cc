// Attention inside documents. With CUDA and bfloat16 one call does all documents (FlashAttention's
// variable-length form, looked up in the dispatcher); on the CPU libtorch's fused attention is called
// document by document where the headers have it (SHARDMILL_FLASH_CPU); plain functions compute the
// same everywhere else.
#include "call.h"
#include "dispatcher.h"

namespace {

struct Heads {
  int64_t heads, pairs, size;
  bool causal;
  double scale;

  explicit Heads(const Call& c)
      : heads(c.integer("heads")), pairs(c.integer("keyValueHeads")), size(c.integer("headSize")),
        causal(c.truth("causal")), scale(c.number("scale")) {}

  /// [1, heads, tokens, size] of rows from..to; keys and values are repeated for their group.
  at::Tensor part(const at::Tensor& x, int64_t from, int64_t to, bool isKey) const {
    auto count = isKey ? pairs : heads;
    auto view = x.slice(0, from, to).view({to - from, count, size}).transpose(0, 1);
    if (isKey && pairs != heads) view = view.repeat_interleave(heads / pairs, 0);
    return view.unsqueeze(0);
  }
};

/// FlashAttention wants half precision and head sizes that are multiples of 8, up to 256.
bool isFlash(const Heads& h, const NamedOperator& op) {
  return settings().device.is_cuda() && settings().compute == at::kBFloat16 && h.size % 8 == 0 &&
         h.size <= 256 && isUsable(op);
}

NamedOperator::Arguments flashArguments(
    const Heads& h, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
    const at::Tensor& rows, const at::Tensor& columns, int64_t longest) {
  return {{"query", q.view({-1, h.heads, h.size})}, {"key", k.view({-1, h.pairs, h.size})},
          {"value", v.view({-1, h.pairs, h.size})}, {"cum_seq_q", rows.to(settings().device)},
          {"cum_seq_k", columns.to(settings().device)}, {"max_q", longest}, {"max_k", longest},
          {"dropout_p", 0.0}, {"is_causal", h.causal}, {"scale", h.scale}};
}

struct Softmaxed {
  at::Tensor out, logSumExp;
};

/// One document: q, k, v [1, heads, tokens, size].
Softmaxed attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Heads& h) {
  auto queries = q.size(2), keys = k.size(2);
#ifdef SHARDMILL_FLASH_CPU
  if (q.is_cpu() && settings().named && (!h.causal || queries == keys)) {
    auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, h.causal, {}, h.scale);
    return {out, lse};
  }
#endif
  auto scores = at::matmul(q, k.transpose(-1, -2)).to(at::kFloat) * h.scale;
  if (h.causal && queries > 1) {
    auto hidden = at::ones({queries, keys}, q.options().dtype(at::kBool)).triu(keys - queries + 1);
    scores.masked_fill_(hidden, -INFINITY);
  }
  auto lse = at::logsumexp(scores, -1);
  return {at::matmul((scores - lse.unsqueeze(-1)).exp_().to(v.scalar_type()), v), lse};
}

// q, k, v, query bounds, key bounds
Outputs attention(const Call& c) {
  Heads h(c);
  auto qs = lowered(c.in[0]), ks = lowered(c.in[1]), vs = lowered(c.in[2]);
  if (isFlash(h, flashForward()) && isUsable(flashBackward())) {
    auto arguments = flashArguments(h, qs, ks, vs, c.in[3], c.in[4], c.integer("longest"));
    arguments["return_debug_mask"] = false;
    auto results = flashForward().call(arguments);
    return {results[0].toTensor().reshape(qs.sizes()), results[1].toTensor()};
  }
  auto out = at::empty_like(qs);
  auto lse = at::empty({qs.size(0), h.heads}, qs.options().dtype(at::kFloat));
  auto rows = listOf(c.in[3]), columns = listOf(c.in[4]);
  for (size_t d = 0; d + 1 < rows.size(); d++) {
    auto q = h.part(qs, rows[d], rows[d + 1], false);
    auto k = h.part(ks, columns[d], columns[d + 1], true);
    auto v = h.part(vs, columns[d], columns[d + 1], true);
    auto done = attend(q, k, v, h);
    out.slice(0, rows[d], rows[d + 1]).view({-1, h.heads, h.size}).copy_(done.out[0].transpose(0, 1));
    lse.slice(0, rows[d], rows[d + 1]).copy_(done.logSumExp[0].t());
  }
  return {out, lse};
}

at::Tensor grouped(const at::Tensor& gradient, const Heads& h) {
  auto g = gradient[0];
  if (h.pairs != h.heads) g = g.view({h.pairs, h.heads / h.pairs, g.size(1), h.size}).sum(1);
  return g.transpose(0, 1);
}

// q, k, v, out, log-sum-exp, gradient of out, bounds
Outputs attentionGrad(const Call& c) {
  Heads h(c);
  auto qs = lowered(c.in[0]), ks = lowered(c.in[1]), vs = lowered(c.in[2]), dys = lowered(c.in[5]);
  if (isFlash(h, flashBackward()) && isUsable(flashForward())) {
    auto arguments = flashArguments(h, qs, ks, vs, c.in[6], c.in[6], c.integer("longest"));
    arguments["grad_out"] = dys.view({-1, h.heads, h.size});
    arguments["out"] = c.in[3].view({-1, h.heads, h.size});
    arguments["logsumexp"] = c.in[4];
    // The state of dropout's generator is not read without dropout, but its type may be checked.
#ifdef SHARDMILL_FLASH_CPU
    auto state = at::empty({2}, qs.options().dtype(at::kUInt64));
#else
    auto state = at::empty({2}, qs.options().dtype(at::kLong));
#endif
    arguments["rng_state"] = state;
    arguments["unused"] = at::empty({}, state.options());
    auto results = flashBackward().call(arguments);
    return {results[0].toTensor().reshape(qs.sizes()), results[1].toTensor().reshape(ks.sizes()),
            results[2].toTensor().reshape(vs.sizes())};
  }
  Outputs gradients{at::empty_like(qs), at::empty_like(ks), at::empty_like(vs)};
  auto bounds = listOf(c.in[6]);
  for (size_t d = 0; d + 1 < bounds.size(); d++) {
    auto from = bounds[d], to = bounds[d + 1];
    auto q = h.part(qs, from, to, false), k = h.part(ks, from, to, true);
    auto v = h.part(vs, from, to, true), out = h.part(c.in[3], from, to, false);
    auto lse = c.in[4].slice(0, from, to).t().unsqueeze(0).contiguous();
    auto dy = h.part(dys, from, to, false);
    at::Tensor dq, dk, dv;
    bool isDone = false;
#ifdef SHARDMILL_FLASH_CPU
    if (q.is_cpu() && settings().named) {
      std::tie(dq, dk, dv) = at::_scaled_dot_product_flash_attention_for_cpu_backward(
          dy, q, k, v, out, lse, 0.0, h.causal, {}, h.scale);
      isDone = true;
    }
#endif
    if (!isDone) {
      auto scores = at::matmul(q, k.transpose(-1, -2)).to(at::kFloat) * h.scale;
      if (h.causal) {
        auto hidden = at::ones({to - from, to - from}, q.options().dtype(at::kBool)).triu(1);
        scores.masked_fill_(hidden, -INFINITY);
      }
      auto p = (scores - lse.unsqueeze(-1)).exp_();
      auto inner = (dy * out).to(at::kFloat).sum(-1, true);
      auto ds = (p * (at::matmul(dy, v.transpose(-1, -2)) - inner) * h.scale).to(q.scalar_type());
      dv = at::matmul(p.to(dy.scalar_type()).transpose(-1, -2), dy);
      dq = at::matmul(ds, k);
      dk = at::matmul(ds.transpose(-1, -2), q);
    }
    gradients[0].slice(0, from, to).view({-1, h.heads, h.size}).copy_(dq[0].transpose(0, 1));
    gradients[1].slice(0, from, to).view({-1, h.pairs, h.size}).copy_(grouped(dk, h));
    gradients[2].slice(0, from, to).view({-1, h.pairs, h.size}).copy_(grouped(dv, h));
  }
  return gradients;
}

}  // namespace

void addAttentionOperations(Operations& all) {
  all["LmAttention"] = attention;
  all["LmAttentionGrad"] = attentionGrad;
}
