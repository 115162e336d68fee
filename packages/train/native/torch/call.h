// What an operation is given: input tensors and attributes by name (numbers and truth values); and
// the settings of the process: where tensors live, what activations are computed in.
#pragma once
#include <ATen/ATen.h>
#include <string>
#include <unordered_map>
#include <vector>

struct Call {
  std::vector<at::Tensor> in;
  std::unordered_map<std::string, double> attributes;

  double number(const char* name) const {
    auto found = attributes.find(name);
    TORCH_CHECK(found != attributes.end(), "attribute ", name, " is missing");
    return found->second;
  }
  int64_t integer(const char* name) const { return static_cast<int64_t>(number(name)); }
  bool truth(const char* name) const { return number(name) != 0; }
};

using Outputs = std::vector<at::Tensor>;
using Operation = Outputs (*)(const Call&);
using Operations = std::unordered_map<std::string, Operation>;

struct Settings {
  c10::Device device{c10::DeviceType::CPU};
  /// Float, or BFloat16: then activations are, while parameters, moments and their gradients stay float.
  at::ScalarType compute = at::kFloat;
  /// Whether operators that are looked up by schema may be used; false tests the fallbacks.
  bool named = true;
};
Settings& settings();

/// TensorFlow operations that the kernels of @tensorflow/tfjs-node-gpu ask for.
void addTensorflowOperations(Operations& all);
/// Our fused kernels, under the names of src/ops/kernel.ts.
void addModelOperations(Operations& all);
void addAttentionOperations(Operations& all);
void addOptimizerOperations(Operations& all);

/// An activation in the type of the run.
inline at::Tensor lowered(const at::Tensor& x) { return x.to(settings().compute); }
/// The same of a parameter; the copy is kept until the optimiser changes parameters.
at::Tensor loweredWeight(const at::Tensor& weight);
void forgetLoweredWeights();

/// The numbers of a small int32 tensor (shapes, axes).
inline std::vector<int64_t> listOf(const at::Tensor& tensor) {
  auto flat = tensor.to(at::kCPU, at::kLong).contiguous().view(-1);
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}
