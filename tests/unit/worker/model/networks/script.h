#pragma once
// TorchScript modules for tests, made in C++ from their source as torch.jit.script makes them, and
// what they answer before they are saved.

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace cresset::model::networks {

inline torch::jit::Module script_layer(const std::string& name, const std::string& source) {
  torch::jit::Module module("__torch__." + name);
  module.register_attribute("training", c10::BoolType::get(), true);
  if (!source.empty()) module.define(source);
  return module;
}

inline torch::jit::Module script_linear(const std::string& name, int64_t inputs, int64_t outputs) {
  auto layer = script_layer(name, "");
  layer.register_parameter("weight", at::randn({outputs, inputs}).mul_(0.3).requires_grad_(),
                           false);
  layer.register_parameter("bias", at::randn({outputs}).mul_(0.3).requires_grad_(), false);
  layer.define("def forward(self, x):\n  return torch.linear(x, self.weight, self.bias)\n");
  return layer;
}

inline torch::jit::Module script_batch_norm(const std::string& name, int64_t columns) {
  auto layer = script_layer(name, "");
  layer.register_parameter("weight", at::ones({columns}).requires_grad_(), false);
  layer.register_parameter("bias", at::zeros({columns}).requires_grad_(), false);
  layer.register_buffer("running_mean", at::full({columns}, 0.5));
  layer.register_buffer("running_var", at::full({columns}, 2.0));
  layer.define(
      "def forward(self, x):\n"
      "  return torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var, "
      "self.training, 0.1, 1e-5, False)\n");
  return layer;
}

// body (linear), norm (batch norm), ReLU, dropout, fc (linear): [rows, columns] → [rows, classes].
inline torch::jit::Module small_script(int64_t columns, int64_t classes, double dropout = 0) {
  auto net = script_layer("Net", "");
  net.register_module("body", script_linear("Body", columns, 8));
  net.register_module("norm", script_batch_norm("Norm", 8));
  net.register_module("fc", script_linear("Fc", 8, classes));
  net.define(
      "def forward(self, x):\n"
      "  y = torch.relu(self.norm.forward(self.body.forward(torch.flatten(x, 1))))\n"
      "  return self.fc.forward(torch.dropout(y, " +
      std::to_string(dropout) + ", self.training))\n");
  return net;
}

// With nothing but `body`, the source of forward after "def forward(self, x):".
inline torch::jit::Module script_of(const std::string& body) {
  auto net = script_layer("Net", "");
  net.register_module("fc", script_linear("Fc", 2, 3));
  net.define("def forward(self, x):\n" + body);
  return net;
}

inline std::string saved(const torch::jit::Module& module) {
  std::ostringstream out;
  module.save(out);
  return std::move(out).str();
}

inline std::string archive_of(
    const std::function<void(caffe2::serialize::PyTorchStreamWriter&)>& write) {
  std::string bytes;
  caffe2::serialize::PyTorchStreamWriter writer([&](const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  write(writer);
  writer.writeEndOfFile();
  return bytes;
}

// The archive with other files: `edit` tells what each of them holds.
inline std::string with_files(
    const std::string& bytes,
    const std::function<std::string(const std::string& name, const std::string& text)>& edit) {
  std::istringstream in(bytes);
  caffe2::serialize::PyTorchStreamReader reader(&in);
  return archive_of([&](auto& writer) {
    for (const auto& name : reader.getAllRecords()) {
      if (name == "version" || name.starts_with(".data/")) continue;  // the writer's own
      const auto [data, size] = reader.getRecord(name);
      const auto text = edit(name, {static_cast<const char*>(data.get()), size});
      writer.writeRecord(name, text.data(), text.size());
    }
  });
}

}  // namespace cresset::model::networks
