// Our fused kernels on ATen, but for attention and the optimiser. Inputs in the order of
// src/backend/torch/provider.ts. With bfloat16, activations and their gradients are, products add up
// in float inside the library, and what belongs to parameters (their gradients, statistics, losses)
// leaves as float.
#include "call.h"

Settings& settings() {
  static Settings all;
  return all;
}

namespace {

struct Lowered {
  c10::weak_intrusive_ptr<c10::TensorImpl> source;
  at::Tensor copy;
};

std::unordered_map<c10::TensorImpl*, Lowered>& loweredWeights() {
  static std::unordered_map<c10::TensorImpl*, Lowered> all;
  return all;
}

}  // namespace

at::Tensor loweredWeight(const at::Tensor& weight) {
  if (weight.scalar_type() == settings().compute) return weight;
  auto& all = loweredWeights();
  auto found = all.find(weight.unsafeGetTensorImpl());
  if (found != all.end() && !found->second.source.expired()) return found->second.copy;
  auto copy = lowered(weight);
  auto source = c10::weak_intrusive_ptr<c10::TensorImpl>(weight.getIntrusivePtr());
  all.insert_or_assign(weight.unsafeGetTensorImpl(), Lowered{std::move(source), copy});
  return copy;
}

void forgetLoweredWeights() { loweredWeights().clear(); }

namespace {

Outputs matMul(const Call& c) {
  bool isWeightGradient = c.truth("transposeA");
  auto left = lowered(c.in[0]);
  auto right = isWeightGradient ? lowered(c.in[1]) : loweredWeight(c.in[1]);
  auto a = isWeightGradient ? left.t() : left;
  auto b = c.truth("transposeB") ? right.t() : right;
  if (c.in.size() > 2) return {at::addmm(loweredWeight(c.in[2]), a, b)};
  auto product = at::mm(a, b);
  return {isWeightGradient ? product.to(at::kFloat) : product};
}

/// The CPU's layer norm takes float weights beside bfloat16 rows, and then keeps float statistics.
at::Tensor normWeight(const at::Tensor& weight) {
  return weight.is_cpu() ? weight : loweredWeight(weight);
}

// Statistics are [rows, 2]: mean and inverse deviation.
Outputs norm(const Call& c) {
  auto x = lowered(c.in[0]);
  if (c.truth("root")) {
    auto wide = x.to(at::kFloat);
    auto inverse = at::rsqrt(wide.square().mean(-1, true) + c.number("epsilon"));
    return {lowered(wide * inverse * c.in[1]), at::cat({at::zeros_like(inverse), inverse}, 1)};
  }
  auto out = at::native_layer_norm(
      x, {x.size(1)}, normWeight(c.in[1]), normWeight(c.in[2]), c.number("epsilon"));
  auto mean = std::get<1>(out).view({-1, 1}), inverse = std::get<2>(out).view({-1, 1});
  return {std::get<0>(out), at::cat({mean, inverse}, 1).to(at::kFloat)};
}

Outputs normGrad(const Call& c) {
  auto x = lowered(c.in[0]), dy = lowered(c.in[2]);
  auto mean = c.in[3].select(1, 0).unsqueeze(1).contiguous();
  auto inverse = c.in[3].select(1, 1).unsqueeze(1).contiguous();
  if (!c.truth("root")) {
    auto weight = normWeight(c.in[1]), bias = at::zeros_like(weight);
    auto out = at::native_layer_norm_backward(
        dy, x, {x.size(1)}, mean, inverse, weight, bias, {true, true, c.truth("hasBias")});
    Outputs all{std::get<0>(out), std::get<1>(out).to(at::kFloat)};
    if (c.truth("hasBias")) all.push_back(std::get<2>(out).to(at::kFloat));
    return all;
  }
  auto hat = x * inverse;
  auto g = dy * c.in[1];
  auto dx = (g - hat * (g * hat).mean(-1, true)) * inverse;
  return {lowered(dx), (dy * hat).sum(0)};
}

at::Tensor activated(const at::Tensor& x, int64_t kind) {
  if (kind == 0) return at::gelu(x, "tanh");
  return kind == 1 ? at::gelu(x) : at::silu(x);
}

Outputs activation(const Call& c) {
  auto y = activated(lowered(c.in[0]), c.integer("kind"));
  return {c.in.size() > 1 ? y.mul_(c.in[1]) : y};
}

Outputs activationGrad(const Call& c) {
  auto kind = c.integer("kind");
  auto x = lowered(c.in[0]), dy = lowered(c.in[1]);
  bool gated = c.in.size() > 2;
  auto slope = gated ? dy * lowered(c.in[2]) : dy;
  Outputs out;
  if (kind == 0) out.push_back(at::gelu_backward(slope, x, "tanh"));
  else if (kind == 1) out.push_back(at::gelu_backward(slope, x));
  else out.push_back(at::silu_backward(slope, x));
  if (gated) out.push_back(dy * activated(x, kind));
  return out;
}

// x, positions, cosines, sines; angles stay float, bfloat16 would turn distant tokens by the wrong angle
Outputs rope(const Call& c) {
  auto heads = c.integer("heads");
  auto x = c.in[0].view({c.in[0].size(0), heads, 2, -1});
  auto cosines = c.in[2].index_select(0, c.in[1]).unsqueeze(1);
  auto sines = c.in[3].index_select(0, c.in[1]).unsqueeze(1) * c.number("sign");
  auto low = x.select(2, 0), high = x.select(2, 1);
  auto out = at::stack({low * cosines - high * sines, high * cosines + low * sines}, 2);
  return {lowered(out.view(c.in[0].sizes()))};
}

// hidden, weight, targets, perhaps bias; by chunks, so that the whole logits never exist. The scale of
// a token is multiplied into its hidden state and its gradient, not into vocabulary many slopes.
Outputs headLoss(const Call& c) {
  auto hidden = lowered(c.in[0]), weight = loweredWeight(c.in[1]), targets = c.in[2].to(at::kLong);
  bool hasBias = c.in.size() > 3, wantsGradient = c.truth("gradient");
  bool isLow = hidden.scalar_type() != at::kFloat;
  auto tokens = hidden.size(0);
  int64_t chunk = hidden.is_cuda() ? 4096 : 1024;
  auto wide = hidden.options().dtype(at::kFloat);
  auto losses = at::zeros({tokens}, wide);
  at::Tensor byHidden, byWeight, byBias;
  if (wantsGradient) {
    byHidden = at::empty_like(hidden);
    byWeight = at::zeros(weight.sizes(), wide);
    if (hasBias) byBias = at::zeros(c.in[3].sizes(), wide);
  }
  for (int64_t from = 0; from < tokens; from += chunk) {
    auto to = std::min(tokens, from + chunk);
    auto h = hidden.slice(0, from, to), target = targets.slice(0, from, to);
    auto logits = hasBias ? at::addmm(loweredWeight(c.in[3]), h, weight.t()) : at::mm(h, weight.t());
    auto counted = target.ge(0).to(at::kFloat);
    auto index = target.clamp_min(0).unsqueeze(1);
    auto logs = at::log_softmax(logits, -1, at::kFloat);
    auto chosen = logs.gather(1, index);
    losses.slice(0, from, to).copy_(chosen.squeeze(1).neg() * counted);
    if (!wantsGradient) continue;
    auto slope = isLow ? at::exp_out(logits, logs) : logs.exp_();
    slope.scatter_(1, index, chosen.exp().sub_(1).to(slope.scalar_type()));
    auto scale = (counted * c.number("scale")).unsqueeze(1);
    auto scaled = lowered(h * scale);
    auto rows = byHidden.slice(0, from, to);
    at::mm_out(rows, slope, weight);
    rows.mul_(scale);
    if (isLow) byWeight.add_(at::mm(slope.t(), scaled));
    else byWeight.addmm_(slope.t(), scaled);
    if (hasBias) byBias.add_(at::mv(slope.t(), lowered(scale.squeeze(1))));
  }
  if (!wantsGradient) return {losses};
  Outputs out{losses, byHidden, byWeight};
  if (hasBias) out.push_back(byBias);
  return out;
}

Outputs scatter(const Call& c) {
  auto x = c.in[0].to(at::kFloat);
  auto out = at::zeros({c.integer("rows"), x.size(1)}, x.options());
  return {out.index_add_(0, c.in[1], x)};
}

}  // namespace

void addModelOperations(Operations& all) {
  all["LmMatMul"] = matMul;
  all["LmColumnSum"] = [](const Call& c) -> Outputs { return {at::sum(c.in[0], {0}, false, at::kFloat)}; };
  all["LmNorm"] = norm;
  all["LmNormGrad"] = normGrad;
  all["LmActivation"] = activation;
  all["LmActivationGrad"] = activationGrad;
  all["LmRope"] = rope;
  all["LmGather"] = [](const Call& c) -> Outputs {
    return {lowered(c.in[0].index_select(0, c.in[1]))};
  };
  all["LmScatter"] = scatter;
  all["LmHeadLoss"] = headLoss;
}
