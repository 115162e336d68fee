// The interface that @tensorflow/tfjs-node-gpu's kernel layer expects of its native binding
// (TFJSBinding), over libtorch: tensors by number, operations by name. Raw Node-API, so one build
// serves every Node from 20 on. Beside it: `configure`, which chooses device and precision and loads
// the CUDA half of libtorch when it is asked for, and a report on operators found by schema.
#include <node_api.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>
#include <torch/csrc/jit/frontend/function_schema_parser.h>
#include <array>
#include <cstring>
#include "call.h"
#include "dispatcher.h"

namespace {

Operations operations;
std::unordered_map<int64_t, at::Tensor> tensors;
int64_t nextId = 1;

// TensorFlow's numbers of types.
constexpr int kFloatCode = 1, kInt32Code = 3, kBoolCode = 10;

// To tfjs a bfloat16 tensor is a float32 one; it is widened when it is read.
int codeOf(const at::Tensor& t) {
  if (t.is_floating_point()) return kFloatCode;
  return t.scalar_type() == at::kBool ? kBoolCode : kInt32Code;
}

void fail(napi_env env, const std::string& message) { napi_throw_error(env, nullptr, message.c_str()); }

double numberOf(napi_env env, napi_value value) {
  double number = 0;
  napi_get_value_double(env, value, &number);
  return number;
}

napi_value toValue(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}

std::vector<int64_t> numbersOf(napi_env env, napi_value array) {
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  std::vector<int64_t> out(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    napi_get_element(env, array, i, &item);
    out[i] = static_cast<int64_t>(numberOf(env, item));
  }
  return out;
}

template <size_t N>
std::array<napi_value, N> argumentsOf(napi_env env, napi_callback_info info) {
  std::array<napi_value, N> out{};
  size_t count = N;
  napi_get_cb_info(env, info, &count, out.data(), nullptr, nullptr);
  return out;
}

// createTensor(shape, dtype, typedArray) -> id
napi_value createTensor(napi_env env, napi_callback_info info) {
  auto [shapeValue, typeValue, buffer] = argumentsOf<3>(env, info);
  auto shape = numbersOf(env, shapeValue);
  auto code = static_cast<int>(numberOf(env, typeValue));
  auto type = code == kFloatCode ? at::kFloat : code == kBoolCode ? at::kBool : at::kInt;
  c10::InferenceMode guard;
  auto tensor = at::empty(shape, at::TensorOptions().dtype(type));
  void* data = nullptr;
  size_t length = 0;
  napi_typedarray_type kind;
  if (napi_get_typedarray_info(env, buffer, &kind, &length, &data, nullptr, nullptr) != napi_ok ||
      length != static_cast<size_t>(tensor.numel())) {
    fail(env, "torch: expected a typed array of the tensor's size");
    return nullptr;
  }
  std::memcpy(tensor.data_ptr(), data, tensor.nbytes());
  // Small lists of whole numbers are shapes and axes, which are read on the host.
  bool isList = type == at::kInt && tensor.numel() <= 16;
  tensors[nextId] = isList ? tensor : tensor.to(settings().device);
  return toValue(env, nextId++);
}

napi_value deleteTensor(napi_env env, napi_callback_info info) {
  auto [id] = argumentsOf<1>(env, info);
  tensors.erase(static_cast<int64_t>(numberOf(env, id)));
  return nullptr;
}

napi_value tensorDataSync(napi_env env, napi_callback_info info) {
  auto [id] = argumentsOf<1>(env, info);
  auto found = tensors.find(static_cast<int64_t>(numberOf(env, id)));
  if (found == tensors.end()) {
    fail(env, "torch: no such tensor");
    return nullptr;
  }
  auto type = codeOf(found->second) == kFloatCode ? at::kFloat
              : codeOf(found->second) == kBoolCode ? at::kBool : at::kInt;
  auto tensor = found->second.to(at::kCPU, type).contiguous();
  napi_value buffer, array;
  void* data = nullptr;
  napi_create_arraybuffer(env, tensor.nbytes(), &data, &buffer);
  if (tensor.nbytes() > 0) std::memcpy(data, tensor.data_ptr(), tensor.nbytes());
  auto kind = codeOf(tensor) == kFloatCode ? napi_float32_array
              : codeOf(tensor) == kBoolCode ? napi_uint8_array : napi_int32_array;
  napi_create_typedarray(env, kind, tensor.numel(), buffer, 0, &array);
  return array;
}

void readAttributes(napi_env env, napi_value list, Call& call) {
  uint32_t length = 0;
  napi_get_array_length(env, list, &length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value entry, name, value;
    napi_get_element(env, list, i, &entry);
    napi_get_named_property(env, entry, "name", &name);
    napi_get_named_property(env, entry, "value", &value);
    char text[64];
    size_t size = 0;
    napi_get_value_string_utf8(env, name, text, sizeof text, &size);
    napi_valuetype type;
    napi_typeof(env, value, &type);
    if (type == napi_boolean) {
      bool truth = false;
      napi_get_value_bool(env, value, &truth);
      call.attributes[text] = truth;
    } else if (type == napi_number) {
      call.attributes[text] = numberOf(env, value);
    }
  }
}

napi_value describe(napi_env env, const at::Tensor& tensor) {
  napi_value out, shape;
  napi_create_object(env, &out);
  napi_create_array_with_length(env, tensor.dim(), &shape);
  for (int64_t i = 0; i < tensor.dim(); i++) {
    napi_set_element(env, shape, static_cast<uint32_t>(i), toValue(env, tensor.size(i)));
  }
  tensors[nextId] = tensor;
  napi_set_named_property(env, out, "id", toValue(env, nextId++));
  napi_set_named_property(env, out, "shape", shape);
  napi_set_named_property(env, out, "dtype", toValue(env, codeOf(tensor)));
  return out;
}

/// Inputs that stay on the host: shapes, axes, bounds. -1 is the last one.
const std::unordered_map<std::string, std::vector<int>> hostInputs{
    {"Sum", {1}}, {"Mean", {1}}, {"Max", {1}}, {"Reshape", {1}}, {"ExpandDims", {1}},
    {"Transpose", {1}}, {"Tile", {1}}, {"Slice", {1, 2}}, {"Fill", {0}}, {"OneHot", {1}},
    {"ConcatV2", {-1}}, {"GatherV2", {2}}, {"UnsortedSegmentSum", {2}}, {"LmAdamW", {-1}}};

void moveToDevice(const std::string& name, Call& call) {
  if (settings().device.is_cpu()) return;
  auto found = hostInputs.find(name);
  auto count = static_cast<int>(call.in.size());
  for (int i = 0; i < count; i++) {
    bool isHost = false;
    if (found != hostInputs.end()) {
      for (auto at : found->second) isHost = isHost || i == (at < 0 ? count + at : at);
    }
    if (!isHost) call.in[i] = call.in[i].to(settings().device);
  }
}

// executeOp(name, attributes, ids, outputs) -> metadata
napi_value executeOp(napi_env env, napi_callback_info info) {
  auto [nameValue, attributes, ids, count] = argumentsOf<4>(env, info);
  char name[64];
  size_t size = 0;
  napi_get_value_string_utf8(env, nameValue, name, sizeof name, &size);
  auto found = operations.find(name);
  if (found == operations.end()) {
    fail(env, std::string("torch: operation ") + name + " is not written yet");
    return nullptr;
  }
  Call call;
  readAttributes(env, attributes, call);
  for (auto id : numbersOf(env, ids)) call.in.push_back(tensors.at(id));
  try {
    // No autograd bookkeeping: gradients are tfjs's business.
    c10::InferenceMode guard;
    moveToDevice(name, call);
    auto outputs = found->second(call);
    napi_value list;
    napi_create_array_with_length(env, outputs.size(), &list);
    for (size_t i = 0; i < outputs.size(); i++) {
      napi_set_element(env, list, static_cast<uint32_t>(i), describe(env, outputs[i].contiguous()));
    }
    return list;
  } catch (const std::exception& error) {
    std::string text = error.what();
    fail(env, std::string("torch: ") + name + ": " + text.substr(0, text.find('\n')));
    return nullptr;
  }
}

napi_value isUsingGpuDevice(napi_env env, napi_callback_info) {
  napi_value value;
  napi_get_boolean(env, !settings().device.is_cpu(), &value);
  return value;
}

napi_value getNumOfTensors(napi_env env, napi_callback_info) {
  return toValue(env, static_cast<double>(tensors.size()));
}

std::string textOf(napi_env env, napi_value value) {
  size_t length = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &length);
  std::string text(length + 1, '\0');
  napi_get_value_string_utf8(env, value, text.data(), text.size(), &length);
  text.resize(length);
  return text;
}

napi_value toValue(napi_env env, const std::string& text) {
  napi_value value;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

// configure(device, precision, named, cudaLibrary): before the first tensor
napi_value configure(napi_env env, napi_callback_info info) {
  auto [device, precision, named, library] = argumentsOf<4>(env, info);
  try {
    settings().device = c10::Device(textOf(env, device));
    settings().compute = textOf(env, precision) == "bfloat16" ? at::kBFloat16 : at::kFloat;
    napi_get_value_bool(env, named, &settings().named);
    forgetLoweredWeights();
    if (settings().device.is_cpu()) return nullptr;
    // Its kernels and hooks register themselves while it is loaded.
    if (!dlopen(textOf(env, library).c_str(), RTLD_NOW | RTLD_GLOBAL)) {
      throw std::runtime_error(dlerror());
    }
    TORCH_CHECK(at::hasCUDA(), "CUDA sees no device (is the driver there?)");
    at::empty({1}, at::TensorOptions().device(settings().device));
  } catch (const std::exception& error) {
    settings().device = c10::Device(c10::DeviceType::CPU);
    std::string text = error.what();
    fail(env, "torch: " + text.substr(0, text.find('\n')));
  }
  return nullptr;
}

const NamedOperator* namedOperators[] = {&fusedAdamw(), &flashForward(), &flashBackward()};

// namedOperators(device) -> [name, fault, name, fault, ...]
napi_value reportNamed(napi_env env, napi_callback_info info) {
  auto [device] = argumentsOf<1>(env, info);
  auto type = c10::Device(textOf(env, device)).type();
  napi_value list;
  napi_create_array(env, &list);
  uint32_t at = 0;
  for (auto* op : namedOperators) {
    napi_set_element(env, list, at++, toValue(env, op->name()));
    napi_set_element(env, list, at++, toValue(env, op->fault(type)));
  }
  return list;
}

// mismatch(name, schema) -> what differs between a schema given as text and our use of the operator
napi_value reportMismatch(napi_env env, napi_callback_info info) {
  auto [name, schema] = argumentsOf<2>(env, info);
  try {
    auto parsed = torch::jit::parseSchema(textOf(env, schema));
    for (auto* op : namedOperators) {
      if (op->name() == textOf(env, name)) return toValue(env, op->mismatch(parsed));
    }
    throw std::runtime_error("no such operator");
  } catch (const std::exception& error) {
    fail(env, std::string("torch: ") + error.what());
    return nullptr;
  }
}

napi_value threadCount(napi_env env, napi_callback_info) { return toValue(env, at::get_num_threads()); }

void addFunction(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  addTensorflowOperations(operations);
  addModelOperations(operations);
  addAttentionOperations(operations);
  addOptimizerOperations(operations);
  addFunction(env, exports, "createTensor", createTensor);
  addFunction(env, exports, "deleteTensor", deleteTensor);
  addFunction(env, exports, "tensorDataSync", tensorDataSync);
  addFunction(env, exports, "executeOp", executeOp);
  addFunction(env, exports, "isUsingGpuDevice", isUsingGpuDevice);
  addFunction(env, exports, "getNumOfTensors", getNumOfTensors);
  addFunction(env, exports, "threadCount", threadCount);
  addFunction(env, exports, "configure", configure);
  addFunction(env, exports, "namedOperators", reportNamed);
  addFunction(env, exports, "mismatch", reportMismatch);
  const std::pair<const char*, int> constants[] = {
      {"TF_FLOAT", 1},     {"TF_INT32", 3},      {"TF_UINT8", 4},      {"TF_STRING", 7},
      {"TF_COMPLEX64", 8}, {"TF_INT64", 9},      {"TF_BOOL", 10},      {"TF_RESOURCE", 20},
      {"TF_ATTR_STRING", 0}, {"TF_ATTR_INT", 1}, {"TF_ATTR_FLOAT", 2}, {"TF_ATTR_BOOL", 3},
      {"TF_ATTR_TYPE", 4}, {"TF_ATTR_SHAPE", 5}, {"TF_ATTR_RESOURCE", 9}};
  for (auto& [name, value] : constants) {
    napi_set_named_property(env, exports, name, toValue(env, value));
  }
  napi_value version;
  napi_create_string_utf8(env, SHARDMILL_TORCH_VERSION, NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  return exports;
}
