#include "worker/serve/inference_session.h"

#include <cstring>
#include <utility>

namespace cresset::serve {

namespace {

constexpr size_t kMaxVersion = 18;  // digits

DataType type_of(model::Datatype type) {
  if (type == model::Datatype::kBytes) return DataType::kBytes;
  return type == model::Datatype::kInt64 ? DataType::kInt64 : DataType::kFp32;
}
model::Datatype model_type_of(DataType type) {
  if (type == DataType::kBytes) return model::Datatype::kBytes;
  return type == DataType::kInt64 ? model::Datatype::kInt64 : model::Datatype::kFp32;
}

std::vector<TensorSpec> specs_of(const std::vector<model::TensorInfo>& tensors) {
  std::vector<TensorSpec> specs;
  for (const auto& tensor : tensors)
    specs.push_back({tensor.name, type_of(tensor.datatype), tensor.shape});
  return specs;
}

std::vector<std::string> texts_of(const Tensor& tensor) {
  std::vector<std::string> texts;
  auto left = tensor.data;
  while (!left.empty()) texts.emplace_back(next_element(left));
  return texts;
}

template <typename Number>
void fill(std::vector<std::byte>& bytes, Number number) {
  for (size_t at = 0; at < bytes.size(); at += sizeof number)
    std::memcpy(bytes.data() + at, &number, sizeof number);
}

void fill_with_ones(std::vector<Tensor>& inputs) {
  for (auto& input : inputs) {
    if (input.type == DataType::kFp32) fill(input.own, 1.0F);
    if (input.type == DataType::kInt64) fill(input.own, int64_t{1});
  }
}

std::vector<std::byte> bytes_of(Tensor tensor) {
  if (!tensor.own.empty()) return std::move(tensor.own);
  return {tensor.data.begin(), tensor.data.end()};
}

}  // namespace

std::string version_of(const std::string& uri) {
  std::string_view path = uri;
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto last = path.substr(path.rfind('/') + 1);
  const bool number = !last.empty() && last.size() <= kMaxVersion &&
                      last.find_first_not_of("0123456789") == std::string_view::npos;
  return number ? std::string(last) : "1";
}

base::Result<std::unique_ptr<InferenceSession>> InferenceSession::make(
    std::unique_ptr<model::Model> model, const std::string& name, const std::string& version,
    int64_t max_rows) {
  Signature signature;
  signature.model = name;
  signature.version = version;
  signature.inputs = specs_of(model->signature().inputs);
  signature.outputs = specs_of(model->signature().outputs);
  std::unique_ptr<InferenceSession> session(
      new InferenceSession(std::move(model), std::move(signature)));
  for (const int64_t rows : {int64_t{1}, max_rows, int64_t{1}})
    if (auto warm = session->warm_up(rows); !warm)
      return base::fail(
          warm.error().with_context("warm-up with " + std::to_string(rows) + " rows"));
  return session;
}

// A model may take no row of zeros: all of them may be the token of padding, which ones are not.
base::Result<void> InferenceSession::warm_up(int64_t rows) {
  CRESSET_TRY(inputs, zeros(signature_, rows));
  auto outputs = run(std::move(inputs));
  if (!outputs && base::is_invalid(outputs.error())) {
    CRESSET_TRY(others, zeros(signature_, rows));
    fill_with_ones(others);
    outputs = run(std::move(others));
  }
  if (!outputs) return base::fail(outputs.error());
  for (const auto& output : *outputs)
    if (output.rows() != rows)
      return base::fail(base::invalid("the model gave " + std::to_string(output.rows()) +
                                      " rows for " + std::to_string(rows)));
  return {};
}

base::Result<std::vector<Tensor>> InferenceSession::run(std::vector<Tensor> inputs) {
  std::vector<model::HostTensor> given;
  given.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto& tensor = given.emplace_back();
    tensor.name = signature_.inputs[i].name;
    tensor.datatype = model_type_of(inputs[i].type);
    tensor.shape = inputs[i].shape;
    if (inputs[i].type == DataType::kBytes)
      tensor.texts = texts_of(inputs[i]);
    else
      tensor.bytes = bytes_of(std::move(inputs[i]));
  }
  CRESSET_TRY(answers, model_->run(given));
  std::vector<Tensor> outputs;
  outputs.reserve(answers.size());
  for (const auto& spec : signature_.outputs)
    for (auto& answer : answers)
      if (answer.name == spec.name)
        outputs.emplace_back(type_of(answer.datatype), std::move(answer.shape),
                             std::move(answer.bytes));
  return outputs;
}

}  // namespace cresset::serve
