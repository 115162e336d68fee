// What an operation is given: input tensors and attributes by name (numbers and truth values).
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

/// TensorFlow operations that the kernels of @tensorflow/tfjs-node-gpu ask for.
void addTensorflowOperations(Operations& all);
/// Our fused kernels, under the names of src/ops/kernel.ts.
void addModelOperations(Operations& all);

/// The numbers of a small int32 tensor (shapes, axes).
inline std::vector<int64_t> listOf(const at::Tensor& tensor) {
  auto flat = tensor.to(at::kCPU, at::kLong).contiguous().view(-1);
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}
