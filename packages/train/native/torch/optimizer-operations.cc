// AdamW over all tensors in one call, and the sum of squares of all gradients. torch's fused AdamW is
// used where the dispatcher has it (one kernel for many tensors on CUDA, vector code on the CPU).
#include "call.h"
#include "dispatcher.h"

namespace {

using Tensors = std::vector<at::Tensor>;

c10::IValue listOf(const Tensors& tensors) { return c10::IValue(c10::List<at::Tensor>(tensors)); }

struct Group {
  Tensors parameters, gradients, firsts, seconds;
};

void fused(const Call& c, const Group& group, double decay) {
  auto options = group.parameters[0].options();
  auto count = static_cast<int64_t>(group.parameters.size());
  auto steps = at::full({count}, c.number("step"), options).unbind(0);
  NamedOperator::Arguments arguments{
      {"self", listOf(group.parameters)}, {"grads", listOf(group.gradients)},
      {"exp_avgs", listOf(group.firsts)}, {"exp_avg_sqs", listOf(group.seconds)},
      {"max_exp_avg_sqs", listOf({})}, {"state_steps", listOf(steps)},
      {"lr", c.number("learningRate")}, {"beta1", c.number("beta1")}, {"beta2", c.number("beta2")},
      {"weight_decay", decay}, {"eps", c.number("epsilon")}, {"amsgrad", false}, {"maximize", false}};
  // Gradients are divided by `grad_scale`.
  auto factor = c.number("factor");
  if (factor != 1) arguments["grad_scale"] = at::full({}, 1 / factor, options);
  fusedAdamw().call(arguments);
}

void plain(const Call& c, const Group& group, double decay) {
  auto rate = c.number("learningRate"), factor = c.number("factor"), step = c.number("step");
  auto beta1 = c.number("beta1"), beta2 = c.number("beta2");
  auto rest1 = 1 - std::pow(beta1, step), rest2 = std::sqrt(1 - std::pow(beta2, step));
  for (size_t i = 0; i < group.parameters.size(); i++) {
    auto p = group.parameters[i], g = group.gradients[i], m = group.firsts[i], v = group.seconds[i];
    auto scaled = factor == 1 ? g : g * factor;
    p.mul_(1 - rate * decay);
    m.mul_(beta1).add_(scaled, 1 - beta1);
    v.mul_(beta2).addcmul_(scaled, scaled, 1 - beta2);
    p.addcdiv_(m, (v.sqrt() / rest2).add_(c.number("epsilon")), -rate / rest1);
  }
}

// parameters, gradients, first and second moments, one after the other; decays last
Outputs adamw(const Call& c) {
  auto count = (c.in.size() - 1) / 4;
  auto decays = c.in.back().to(at::kCPU).contiguous();
  std::map<float, Group> groups;
  for (size_t i = 0; i < count; i++) {
    auto& group = groups[decays.data_ptr<float>()[i]];
    group.parameters.push_back(c.in[i]);
    group.gradients.push_back(c.in[count + i].to(at::kFloat));
    group.firsts.push_back(c.in[2 * count + i]);
    group.seconds.push_back(c.in[3 * count + i]);
  }
  for (auto& [decay, group] : groups) {
    if (isUsable(fusedAdamw())) fused(c, group, decay);
    else plain(c, group, decay);
  }
  forgetLoweredWeights();
  return {};
}

Outputs squareSum(const Call& c) {
  auto norms = at::stack(at::_foreach_norm(c.in, 2));
  return {norms.to(at::kDouble).square().sum().to(at::kFloat)};
}

}  // namespace

void addOptimizerOperations(Operations& all) {
  all["LmAdamW"] = adamw;
  all["LmSquareSum"] = squareSum;
}
