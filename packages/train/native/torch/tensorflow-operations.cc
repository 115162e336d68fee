// TensorFlow's operations on ATen: the part that language models use. Attributes and the order of
// inputs are those of TensorFlow's op definitions. An operation that is not here is reported by name.
#include "call.h"

namespace {

at::Tensor reduced(const Call& c, at::Tensor (*reduce)(const at::Tensor&, at::IntArrayRef, bool)) {
  auto axes = listOf(c.in[1]);
  if (axes.empty()) return c.in[0].clone();
  return reduce(c.in[0], axes, c.truth("keep_dims"));
}

at::ScalarType typeOf(double code) {
  // TF_FLOAT 1, TF_INT32 3, TF_BOOL 10.
  if (code == 1) return at::kFloat;
  if (code == 3) return at::kInt;
  TORCH_CHECK(code == 10, "type ", code, " is not supported");
  return at::kBool;
}

at::Tensor matmul(const Call& c) {
  auto a = c.truth("adj_x") ? c.in[0].transpose(-1, -2) : c.in[0];
  auto b = c.truth("adj_y") ? c.in[1].transpose(-1, -2) : c.in[1];
  return at::matmul(a, b);
}

at::Tensor slice(const Call& c) {
  auto begin = listOf(c.in[1]), size = listOf(c.in[2]);
  auto out = c.in[0];
  for (size_t i = 0; i < begin.size(); i++) out = out.narrow(i, begin[i], size[i]);
  return out.contiguous();
}

at::Tensor segmentSum(const Call& c) {
  auto count = listOf(c.in[2])[0];
  auto shape = c.in[0].sizes().vec();
  auto width = c.in[0].numel() / std::max<int64_t>(1, c.in[1].numel());
  std::vector<int64_t> tail(shape.begin() + c.in[1].dim(), shape.end());
  auto out = at::zeros({count, width}, c.in[0].options());
  out.index_add_(0, c.in[1].reshape(-1), c.in[0].reshape({-1, width}));
  tail.insert(tail.begin(), count);
  return out.view(tail);
}

at::Tensor oneHot(const Call& c) {
  auto depth = listOf(c.in[1])[0];
  auto hot = c.in[0].unsqueeze(-1).eq(at::arange(depth, c.in[0].options()));
  return at::where(hot, c.in[2], c.in[3]);
}

}  // namespace

#define UNARY(name, call) \
  all[name] = [](const Call& c) -> Outputs { return {c.in[0].call()}; }
#define BINARY(name, function) \
  all[name] = [](const Call& c) -> Outputs { return {at::function(c.in[0], c.in[1])}; }

void addTensorflowOperations(Operations& all) {
  UNARY("Neg", neg);
  UNARY("Exp", exp);
  UNARY("Log", log);
  UNARY("Sqrt", sqrt);
  UNARY("Rsqrt", rsqrt);
  UNARY("Square", square);
  UNARY("Tanh", tanh);
  UNARY("Sigmoid", sigmoid);
  UNARY("Erf", erf);
  UNARY("Abs", abs);
  UNARY("IsFinite", isfinite);
  UNARY("LogicalNot", logical_not);
  BINARY("Add", add);
  BINARY("AddV2", add);
  BINARY("Sub", sub);
  BINARY("Mul", mul);
  BINARY("RealDiv", div);
  BINARY("Pow", pow);
  BINARY("Maximum", maximum);
  BINARY("Minimum", minimum);
  BINARY("Greater", gt);
  BINARY("GreaterEqual", ge);
  BINARY("Less", lt);
  BINARY("Equal", eq);
  all["ZerosLike"] = [](const Call& c) -> Outputs { return {at::zeros_like(c.in[0])}; };
  all["OnesLike"] = [](const Call& c) -> Outputs { return {at::ones_like(c.in[0])}; };
  all["Softmax"] = [](const Call& c) -> Outputs { return {at::softmax(c.in[0], -1)}; };
  all["LogSoftmax"] = [](const Call& c) -> Outputs { return {at::log_softmax(c.in[0], -1)}; };
  all["BatchMatMul"] = [](const Call& c) -> Outputs { return {matmul(c)}; };
  all["BatchMatMulV2"] = all["BatchMatMul"];
  all["Slice"] = [](const Call& c) -> Outputs { return {slice(c)}; };
  all["UnsortedSegmentSum"] = [](const Call& c) -> Outputs { return {segmentSum(c)}; };
  all["OneHot"] = [](const Call& c) -> Outputs { return {oneHot(c)}; };
  all["Sum"] = [](const Call& c) -> Outputs {
    return {reduced(c, [](const at::Tensor& x, at::IntArrayRef d, bool k) { return at::sum(x, d, k); })};
  };
  all["Mean"] = [](const Call& c) -> Outputs {
    return {reduced(c, [](const at::Tensor& x, at::IntArrayRef d, bool k) { return at::mean(x, d, k); })};
  };
  all["Max"] = [](const Call& c) -> Outputs {
    return {reduced(c, [](const at::Tensor& x, at::IntArrayRef d, bool k) { return at::amax(x, d, k); })};
  };
  all["Reshape"] = [](const Call& c) -> Outputs { return {c.in[0].reshape(listOf(c.in[1]))}; };
  all["ExpandDims"] = [](const Call& c) -> Outputs { return {c.in[0].unsqueeze(listOf(c.in[1])[0])}; };
  all["Transpose"] = [](const Call& c) -> Outputs { return {c.in[0].permute(listOf(c.in[1])).contiguous()}; };
  all["Tile"] = [](const Call& c) -> Outputs { return {c.in[0].repeat(listOf(c.in[1]))}; };
  all["Cast"] = [](const Call& c) -> Outputs { return {c.in[0].to(typeOf(c.number("DstT")))}; };
  all["Fill"] = [](const Call& c) -> Outputs { return {c.in[1].expand(listOf(c.in[0])).contiguous()}; };
  all["SelectV2"] = [](const Call& c) -> Outputs { return {at::where(c.in[0], c.in[1], c.in[2])}; };
  all["AddN"] = [](const Call& c) -> Outputs {
    auto out = c.in[0].clone();
    for (size_t i = 1; i < c.in.size(); i++) out.add_(c.in[i]);
    return {out};
  };
  all["ConcatV2"] = [](const Call& c) -> Outputs {
    std::vector<at::Tensor> parts(c.in.begin(), c.in.end() - 1);
    return {at::cat(parts, listOf(c.in.back())[0])};
  };
  all["GatherV2"] = [](const Call& c) -> Outputs {
    auto axis = listOf(c.in[2])[0];
    auto shape = c.in[0].sizes().vec();
    auto index = c.in[1].sizes().vec();
    shape.erase(shape.begin() + axis);
    shape.insert(shape.begin() + axis, index.begin(), index.end());
    return {c.in[0].index_select(axis, c.in[1].reshape(-1)).view(shape)};
  };
}
