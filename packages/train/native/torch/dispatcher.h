// Operators whose signature changes between versions of torch (flash attention, fused AdamW): found by
// name in the dispatcher, called boxed, with arguments by name. A version that renames, retypes or
// adds an argument we do not know is noticed when the addon is loaded, and the plain form runs instead.
#pragma once
#include <ATen/core/dispatch/Dispatcher.h>
#include <map>
#include <string>
#include <vector>
#include "call.h"

class NamedOperator {
 public:
  using Arguments = std::map<std::string, c10::IValue>;

  /// `types` are the arguments we pass: each must exist with the type as the schema prints it.
  NamedOperator(std::string name, std::map<std::string, std::string> types, size_t results)
      : name_(std::move(name)), types_(std::move(types)), results_(results) {}

  /// Empty when it can be called on this device, else what is missing or differs.
  const std::string& fault(c10::DeviceType device) const;
  /// What differs between a schema and our use of it; empty when nothing does.
  std::string mismatch(const c10::FunctionSchema& schema) const;
  std::vector<c10::IValue> call(const Arguments& arguments) const;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::map<std::string, std::string> types_;
  size_t results_;
  mutable std::map<c10::DeviceType, std::string> faults_;
};

const NamedOperator& fusedAdamw();
const NamedOperator& flashForward();
const NamedOperator& flashBackward();

/// Whether an operator may be called now.
inline bool isUsable(const NamedOperator& op) {
  return settings().named && op.fault(settings().device.type()).empty();
}
