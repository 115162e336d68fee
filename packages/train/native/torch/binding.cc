// The interface that @tensorflow/tfjs-node-gpu's kernel layer expects of its native binding
// (TFJSBinding), over libtorch: tensors by number, operations by name. Raw Node-API, so one build
// serves every Node from 20 on.
#include <node_api.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <array>
#include <cstring>
#include "call.h"

namespace {

Operations operations;
std::unordered_map<int64_t, at::Tensor> tensors;
int64_t nextId = 1;

// TensorFlow's numbers of types.
constexpr int kFloatCode = 1, kInt32Code = 3, kBoolCode = 10;

int codeOf(const at::Tensor& t) {
  if (t.scalar_type() == at::kFloat) return kFloatCode;
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
  tensors[nextId] = tensor;
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
  auto tensor = found->second.to(at::kCPU).contiguous();
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
  napi_get_boolean(env, false, &value);
  return value;
}

napi_value getNumOfTensors(napi_env env, napi_callback_info) {
  return toValue(env, static_cast<double>(tensors.size()));
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
  addFunction(env, exports, "createTensor", createTensor);
  addFunction(env, exports, "deleteTensor", deleteTensor);
  addFunction(env, exports, "tensorDataSync", tensorDataSync);
  addFunction(env, exports, "executeOp", executeOp);
  addFunction(env, exports, "isUsingGpuDevice", isUsingGpuDevice);
  addFunction(env, exports, "getNumOfTensors", getNumOfTensors);
  addFunction(env, exports, "threadCount", threadCount);
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
