#include "dispatcher.h"
#include <ATen/core/jit_type.h>

std::string NamedOperator::mismatch(const c10::FunctionSchema& schema) const {
  for (auto& [name, type] : types_) {
    auto index = schema.argumentIndexWithName(name);
    if (!index) return "has no argument `" + name + "`";
    auto found = schema.arguments()[*index].type()->str();
    if (found != type) return "argument `" + name + "` is " + found + ", expected " + type;
  }
  for (auto& argument : schema.arguments()) {
    if (!types_.count(argument.name()) && !argument.default_value()) {
      return "needs an argument `" + argument.name() + "` we do not know";
    }
  }
  if (schema.returns().size() != results_) {
    return "gives " + std::to_string(schema.returns().size()) + " results, expected " +
           std::to_string(results_);
  }
  return "";
}

const std::string& NamedOperator::fault(c10::DeviceType device) const {
  auto known = faults_.find(device);
  if (known != faults_.end()) return known->second;
  auto& fault = faults_[device];
  auto handle = c10::Dispatcher::singleton().findSchema({name_, ""});
  auto key = device == c10::DeviceType::CUDA ? c10::DispatchKey::CUDA : c10::DispatchKey::CPU;
  if (!handle) fault = "does not exist in this version";
  else fault = mismatch(handle->schema());
  if (fault.empty() && !handle->hasKernelForDispatchKey(key)) fault = "has no kernel for this device";
  return fault;
}

std::vector<c10::IValue> NamedOperator::call(const Arguments& arguments) const {
  auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name_.c_str(), "");
  std::vector<c10::IValue> stack;
  for (auto& argument : handle.schema().arguments()) {
    auto given = arguments.find(argument.name());
    stack.push_back(given == arguments.end() ? *argument.default_value() : given->second);
  }
  handle.callBoxed(&stack);
  return stack;
}

const NamedOperator& fusedAdamw() {
  static const NamedOperator op(
      "aten::_fused_adamw_",
      {{"self", "Tensor[]"}, {"grads", "Tensor[]"}, {"exp_avgs", "Tensor[]"},
       {"exp_avg_sqs", "Tensor[]"}, {"max_exp_avg_sqs", "Tensor[]"}, {"state_steps", "Tensor[]"},
       {"lr", "float"}, {"beta1", "float"}, {"beta2", "float"}, {"weight_decay", "float"},
       {"eps", "float"}, {"amsgrad", "bool"}, {"maximize", "bool"}, {"grad_scale", "Tensor?"}},
      0);
  return op;
}

const NamedOperator& flashForward() {
  static const NamedOperator op(
      "aten::_flash_attention_forward",
      {{"query", "Tensor"}, {"key", "Tensor"}, {"value", "Tensor"}, {"cum_seq_q", "Tensor?"},
       {"cum_seq_k", "Tensor?"}, {"max_q", "int"}, {"max_k", "int"}, {"dropout_p", "float"},
       {"is_causal", "bool"}, {"return_debug_mask", "bool"}, {"scale", "float?"}},
      5);
  return op;
}

const NamedOperator& flashBackward() {
  static const NamedOperator op(
      "aten::_flash_attention_backward",
      {{"grad_out", "Tensor"}, {"query", "Tensor"}, {"key", "Tensor"}, {"value", "Tensor"},
       {"out", "Tensor"}, {"logsumexp", "Tensor"}, {"cum_seq_q", "Tensor"}, {"cum_seq_k", "Tensor"},
       {"max_q", "int"}, {"max_k", "int"}, {"dropout_p", "float"}, {"is_causal", "bool"},
       {"rng_state", "Tensor"}, {"unused", "Tensor"}, {"scale", "float?"}},
      3);
  return op;
}
