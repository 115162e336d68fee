// Our fused kernels on ATen. Inputs in the order of src/backend/torch/kernels.ts. The fused attention
// of libtorch's CPU code is used where the headers have it (SHARDMILL_FLASH_CPU); plain functions
// compute the same elsewhere.
#include "call.h"

namespace {

Outputs matMul(const Call& c) {
  auto a = c.truth("transposeA") ? c.in[0].t() : c.in[0];
  auto b = c.truth("transposeB") ? c.in[1].t() : c.in[1];
  if (c.in.size() > 2) return {at::addmm(c.in[2], a, b)};
  return {at::mm(a, b)};
}

// Statistics are [rows, 2]: mean and inverse deviation.
Outputs norm(const Call& c) {
  auto x = c.in[0];
  if (c.truth("root")) {
    auto inverse = at::rsqrt(x.square().mean(-1, true) + c.number("epsilon"));
    return {x * inverse * c.in[1], at::cat({at::zeros_like(inverse), inverse}, 1)};
  }
  auto out = at::native_layer_norm(x, {x.size(1)}, c.in[1], c.in[2], c.number("epsilon"));
  return {std::get<0>(out), at::cat({std::get<1>(out).view({-1, 1}), std::get<2>(out).view({-1, 1})}, 1)};
}

Outputs normGrad(const Call& c) {
  auto x = c.in[0], weight = c.in[1], dy = c.in[2];
  auto mean = c.in[3].select(1, 0).unsqueeze(1).contiguous();
  auto inverse = c.in[3].select(1, 1).unsqueeze(1).contiguous();
  if (!c.truth("root")) {
    auto bias = at::zeros_like(weight);
    auto out = at::native_layer_norm_backward(
        dy, x, {x.size(1)}, mean, inverse, weight, bias, {true, true, c.truth("hasBias")});
    Outputs all{std::get<0>(out), std::get<1>(out)};
    if (c.truth("hasBias")) all.push_back(std::get<2>(out));
    return all;
  }
  auto hat = x * inverse;
  auto g = dy * weight;
  auto dx = (g - hat * (g * hat).mean(-1, true)) * inverse;
  return {dx, (dy * hat).sum(0)};
}

at::Tensor activated(const at::Tensor& x, int64_t kind) {
  if (kind == 0) return at::gelu(x, "tanh");
  return kind == 1 ? at::gelu(x) : at::silu(x);
}

Outputs activation(const Call& c) {
  auto y = activated(c.in[0], c.integer("kind"));
  return {c.in.size() > 1 ? y.mul_(c.in[1]) : y};
}

Outputs activationGrad(const Call& c) {
  auto kind = c.integer("kind");
  auto x = c.in[0], dy = c.in[1];
  bool gated = c.in.size() > 2;
  auto slope = gated ? dy * c.in[2] : dy;
  Outputs out;
  if (kind == 0) out.push_back(at::gelu_backward(slope, x, "tanh"));
  else if (kind == 1) out.push_back(at::gelu_backward(slope, x));
  else out.push_back(at::silu_backward(slope, x));
  if (gated) out.push_back(dy * activated(x, kind));
  return out;
}

// x, positions, cosines, sines
Outputs rope(const Call& c) {
  auto heads = c.integer("heads");
  auto x = c.in[0].view({c.in[0].size(0), heads, 2, -1});
  auto cosines = c.in[2].index_select(0, c.in[1]).unsqueeze(1);
  auto sines = c.in[3].index_select(0, c.in[1]).unsqueeze(1) * c.number("sign");
  auto low = x.select(2, 0), high = x.select(2, 1);
  auto out = at::stack({low * cosines - high * sines, high * cosines + low * sines}, 2);
  return {out.view(c.in[0].sizes())};
}

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

// Document by document, with plain functions: q, k, v [heads, tokens, size].
struct Softmaxed {
  at::Tensor out, logSumExp;
};

Softmaxed attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Heads& h) {
  auto queries = q.size(2), keys = k.size(2);
#ifdef SHARDMILL_FLASH_CPU
  if (q.is_cpu() && (!h.causal || queries == keys)) {
    auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, h.causal, {}, h.scale);
    return {out, lse};
  }
#endif
  auto scores = at::matmul(q, k.transpose(-1, -2)) * h.scale;
  if (h.causal && queries > 1) {
    auto hidden = at::ones({queries, keys}, q.options().dtype(at::kBool)).triu(keys - queries + 1);
    scores.masked_fill_(hidden, -INFINITY);
  }
  auto lse = at::logsumexp(scores, -1);
  return {at::matmul((scores - lse.unsqueeze(-1)).exp_(), v), lse};
}

// q, k, v, query bounds, key bounds (bounds stay on the host)
Outputs attention(const Call& c) {
  Heads h(c);
  auto out = at::empty_like(c.in[0]);
  auto lse = at::empty({c.in[0].size(0), h.heads}, c.in[0].options());
  auto rows = listOf(c.in[3]), columns = listOf(c.in[4]);
  for (size_t d = 0; d + 1 < rows.size(); d++) {
    auto q = h.part(c.in[0], rows[d], rows[d + 1], false);
    auto k = h.part(c.in[1], columns[d], columns[d + 1], true);
    auto v = h.part(c.in[2], columns[d], columns[d + 1], true);
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
  Outputs gradients{at::empty_like(c.in[0]), at::empty_like(c.in[1]), at::empty_like(c.in[2])};
  auto bounds = listOf(c.in[6]);
  for (size_t d = 0; d + 1 < bounds.size(); d++) {
    auto from = bounds[d], to = bounds[d + 1];
    auto q = h.part(c.in[0], from, to, false), k = h.part(c.in[1], from, to, true);
    auto v = h.part(c.in[2], from, to, true), out = h.part(c.in[3], from, to, false);
    auto lse = c.in[4].slice(0, from, to).t().unsqueeze(0).contiguous();
    auto dy = h.part(c.in[5], from, to, false);
    at::Tensor dq, dk, dv;
    bool isDone = false;
#ifdef SHARDMILL_FLASH_CPU
    if (q.is_cpu()) {
      std::tie(dq, dk, dv) = at::_scaled_dot_product_flash_attention_for_cpu_backward(
          dy, q, k, v, out, lse, 0.0, h.causal, {}, h.scale);
      isDone = true;
    }
#endif
    if (!isDone) {
      auto scores = at::matmul(q, k.transpose(-1, -2)) * h.scale;
      if (h.causal) {
        auto hidden = at::ones({to - from, to - from}, q.options().dtype(at::kBool)).triu(1);
        scores.masked_fill_(hidden, -INFINITY);
      }
      auto p = (scores - lse.unsqueeze(-1)).exp_();
      dv = at::matmul(p.transpose(-1, -2), dy);
      auto ds = p * (at::matmul(dy, v.transpose(-1, -2)) - (dy * out).sum(-1, true)) * h.scale;
      dq = at::matmul(ds, k);
      dk = at::matmul(ds.transpose(-1, -2), q);
    }
    gradients[0].slice(0, from, to).view({-1, h.heads, h.size}).copy_(dq[0].transpose(0, 1));
    gradients[1].slice(0, from, to).view({-1, h.pairs, h.size}).copy_(grouped(dk, h));
    gradients[2].slice(0, from, to).view({-1, h.pairs, h.size}).copy_(grouped(dv, h));
  }
  return gradients;
}

// hidden, weight, targets, perhaps bias; chunks of 1,024 tokens
Outputs headLoss(const Call& c) {
  auto hidden = c.in[0], weight = c.in[1], targets = c.in[2].to(at::kLong);
  bool hasBias = c.in.size() > 3, wantsGradient = c.truth("gradient");
  auto tokens = hidden.size(0);
  auto losses = at::zeros({tokens}, hidden.options());
  at::Tensor byHidden, byWeight, byBias;
  if (wantsGradient) {
    byHidden = at::empty_like(hidden);
    byWeight = at::zeros_like(weight);
    if (hasBias) byBias = at::zeros_like(c.in[3]);
  }
  for (int64_t from = 0; from < tokens; from += 1024) {
    auto to = std::min(tokens, from + 1024);
    auto h = hidden.slice(0, from, to), target = targets.slice(0, from, to);
    auto logits = hasBias ? at::addmm(c.in[3], h, weight.t()) : at::mm(h, weight.t());
    auto counted = target.ge(0).to(logits.scalar_type());
    auto index = target.clamp_min(0).unsqueeze(1);
    auto logs = at::log_softmax(logits, -1);
    losses.slice(0, from, to).copy_(logs.gather(1, index).squeeze(1).neg() * counted);
    if (!wantsGradient) continue;
    auto slope = logs.exp_();
    slope.scatter_add_(1, index, at::full_like(index, -1, slope.options()));
    slope.mul_((counted * c.number("scale")).unsqueeze(1));
    auto rows = byHidden.slice(0, from, to);
    at::mm_out(rows, slope, weight);
    byWeight.addmm_(slope.t(), h);
    if (hasBias) byBias.add_(slope.sum(0));
  }
  if (!wantsGradient) return {losses};
  Outputs out{losses, byHidden, byWeight};
  if (hasBias) out.push_back(byBias);
  return out;
}

// parameters, gradients, first and second moments, one after the other; decays last
Outputs adamw(const Call& c) {
  auto count = (c.in.size() - 1) / 4;
  auto decays = c.in.back().to(at::kCPU).contiguous();
  auto rate = c.number("learningRate"), factor = c.number("factor");
  auto beta1 = c.number("beta1"), beta2 = c.number("beta2");
  auto rest1 = c.number("correction1"), rest2 = std::sqrt(c.number("correction2"));
  for (size_t i = 0; i < count; i++) {
    auto p = c.in[i], g = c.in[count + i], m = c.in[2 * count + i], v = c.in[3 * count + i];
    auto scaled = factor == 1 ? g : g * factor;
    p.mul_(1 - rate * decays.data_ptr<float>()[i]);
    m.mul_(beta1).add_(scaled, 1 - beta1);
    v.mul_(beta2).addcmul_(scaled, scaled, 1 - beta2);
    p.addcdiv_(m, (v.sqrt() / rest2).add_(c.number("epsilon")), -rate / rest1);
  }
  return {};
}

Outputs squareSum(const Call& c) {
  double total = 0;
  for (auto& x : c.in) {
    auto length = x.norm().to(at::kDouble).item<double>();
    total += length * length;
  }
  return {at::scalar_tensor(total, at::kFloat)};
}

}  // namespace

void addModelOperations(Operations& all) {
  all["LmMatMul"] = matMul;
  all["LmColumnSum"] = [](const Call& c) -> Outputs { return {c.in[0].sum(0)}; };
  all["LmNorm"] = norm;
  all["LmNormGrad"] = normGrad;
  all["LmActivation"] = activation;
  all["LmActivationGrad"] = activationGrad;
  all["LmRope"] = rope;
  all["LmAttention"] = attention;
  all["LmAttentionGrad"] = attentionGrad;
  all["LmGather"] = [](const Call& c) -> Outputs { return {c.in[0].index_select(0, c.in[1])}; };
  all["LmScatter"] = [](const Call& c) -> Outputs {
    auto out = at::zeros({c.integer("rows"), c.in[0].size(1)}, c.in[0].options());
    return {out.index_add_(0, c.in[1], c.in[0])};
  };
  all["LmHeadLoss"] = headLoss;
  all["LmAdamW"] = adamw;
  all["LmSquareSum"] = squareSum;
}
