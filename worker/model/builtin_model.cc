// The format "builtin" behind Model: card, preprocessing, network.
#include <ATen/ATen.h>

#include <cmath>
#include <cstring>

#include "crds/worker_contract/architectures.h"
#include "worker/data/store.h"
#include "worker/device/device.h"
#include "worker/model/answers.h"
#include "worker/model/card.h"
#include "worker/model/format.h"
#include "worker/model/network.h"
#include "worker/model/padding.h"
#include "worker/model/raw_columns.h"
#include "worker/model/tensors.h"

namespace cresset::model {

using base::Result;

namespace {

class BuiltinModel : public Model {
 public:
  BuiltinModel(ModelCard card, base::Json json, std::string digest,
               std::unique_ptr<Network> network)
      : card_(std::move(card)),
        json_(std::move(json)),
        digest_(std::move(digest)),
        signature_(card_.signature()),
        network_(std::move(network)) {}

  const Signature& signature() const override { return signature_; }
  const std::string& digest() const override { return digest_; }
  const base::Json& card() const override { return json_; }

  void move_to(const c10::Device& device) override {
    network_->move_to(device);
    device_ = device;
  }

  Result<std::vector<HostTensor>> run(const std::vector<HostTensor>& inputs) const override {
    try {
      c10::InferenceMode inference;
      return card_.preprocessing.takes_texts() ? run_columns(inputs) : run_matrix(inputs);
    } catch (const ModuleFailed& error) {  // on these rows; others in the batch may be good ones
      return failed(base::invalid(error.what()));
    } catch (const std::exception& error) {
      return failed(base::internal(std::string("running the model: ") + error.what()));
    }
  }

 private:
  // A device that is lost fails whatever it is asked, and what is told of it names the wrong one.
  base::Failure failed(base::Error error) const {
    auto works = device::check_works(device_);
    return base::fail(works ? std::move(error) : std::move(works).error());
  }

  Result<int64_t> check(const std::vector<HostTensor>& inputs) const {
    const TensorInfo& wanted = signature_.inputs.front();
    if (inputs.size() != 1 || inputs.front().name != wanted.name)
      return base::fail(base::invalid(
          "found " + std::to_string(inputs.size()) + " inputs" +
          (inputs.empty() ? "" : ", the first named \"" + inputs.front().name + "\"") +
          "; allowed is exactly one, \"" + wanted.name + "\""));
    const HostTensor& input = inputs.front();
    const std::string name = "input \"" + wanted.name + "\"";
    if (input.datatype != wanted.datatype)
      return base::fail(base::invalid(name + " is " + std::string(to_string(input.datatype)) +
                                      ", allowed is " + std::string(to_string(wanted.datatype))));
    if (input.shape.size() != 2 || input.shape[0] < 1 || input.shape[1] != wanted.shape[1])
      return base::fail(base::invalid(name + " has the shape " + words(input.shape) +
                                      ", allowed is [rows, " + std::to_string(wanted.shape[1]) +
                                      "] with at least one row"));
    const auto bytes =
        static_cast<size_t>(input.shape[0] * input.shape[1]) * size_of(input.datatype);
    if (input.bytes.size() != bytes)
      return base::fail(base::invalid(name + " has " + std::to_string(input.bytes.size()) +
                                      " bytes, its shape wants " + std::to_string(bytes)));
    return input.shape[0];
  }

  Result<std::vector<HostTensor>> run_matrix(const std::vector<HostTensor>& inputs) const {
    CRESSET_TRY(rows, check(inputs));
    const HostTensor& input = inputs.front();
    auto values = at::empty({rows, input.shape[1]}, at::kFloat);
    std::memcpy(values.mutable_data_ptr<float>(), input.bytes.data(), input.bytes.size());
    auto applied = card_.preprocessing.apply(values.mutable_data_ptr<float>(), rows);
    if (!applied) return base::fail(applied.error().with_context("input \"input\""));
    auto answer = compute(values, rows);
    if (!answer) return base::fail(answer.error().with_context("input \"input\""));
    return answer;
  }

  Result<std::vector<HostTensor>> run_columns(const std::vector<HostTensor>& inputs) const {
    CRESSET_TRY(rows, rows_of_columns(signature_.inputs, inputs));
    CRESSET_TRY(values,
                card_.preprocessing.transform(std::move(rows.values), rows.count, rows.texts));
    const auto size = static_cast<int64_t>(values.size());
    return compute(at::from_blob(values.data(), {size}, at::kFloat), rows.count);
  }

  Result<std::vector<HostTensor>> compute(const at::Tensor& values, int64_t rows) const {
    std::vector<int64_t> shape{rows};
    const auto& sample = card_.preprocessing.sample_shape();
    shape.insert(shape.end(), sample.begin(), sample.end());
    const auto samples = values.view(shape);
    CRESSET_CHECK(network_->check(samples));
    auto outputs = network_->forward(device::moved(samples, device_));
    if (network_->vocabulary() > 0) outputs = after_all(outputs, samples);
    return answers(card_, signature_.outputs, outputs.cpu());
  }

  // Of each sample what comes after the whole of it.
  at::Tensor after_all(const at::Tensor& outputs, const at::Tensor& samples) const {
    const auto& padding = card_.architecture.padding_token;
    if (!padding) return outputs.select(1, -1);
    const auto rows = at::arange(outputs.size(0), at::kLong);
    const auto last = lengths_without(samples, *padding) - 1;
    return outputs.index({rows.to(outputs.device()), last.to(outputs.device())});
  }

  ModelCard card_;
  base::Json json_;
  std::string digest_;
  Signature signature_;
  std::unique_ptr<Network> network_;
  c10::Device device_ = at::kCPU;
};

// What has a vocabulary answers for each of its tokens, whatever the card says of classes.
Result<void> check_tokens_of(const ModelCard& card, const Network& network) {
  const int64_t tokens = network.vocabulary();
  if (tokens == 0 || (card.classes.integers && card.classes.size() == tokens)) return {};
  return base::fail(base::invalid("model.json.classes must be the " + std::to_string(tokens) +
                                  " tokens of the vocabulary, found " +
                                  std::to_string(card.classes.size()) +
                                  (card.classes.integers ? " numbers" : " texts")));
}

}  // namespace

Result<std::unique_ptr<Model>> build_builtin(Directory directory, base::Json card,
                                             const std::string& uri) {
  CRESSET_TRY(weights, take_file(directory, kWeightsFile, uri));
  auto known = decode_model_card(card);
  if (!known) return base::fail(known.error().with_context(uri));
  std::string script;
  if (known->architecture.architecture == worker_contract::kTorchScript) {
    CRESSET_TRY(code, take_file(directory, kNetworkFile, uri));
    script = std::move(code);
  }
  auto network = build_network(known->architecture, known->preprocessing.sample_shape(),
                               known->outputs(), 0, script);
  if (!network) return base::fail(network.error().with_context(data::join(uri, kModelFile)));
  auto fits = check_tokens_of(*known, **network);
  if (!fits) return base::fail(fits.error().with_context(data::join(uri, kModelFile)));
  auto loaded = load_weights(**network, weights);
  if (!loaded) return base::fail(loaded.error().with_context(data::join(uri, kWeightsFile)));
  (*network)->set_training(false);
  return std::make_unique<BuiltinModel>(std::move(*known), std::move(card), directory.digest,
                                        std::move(*network));
}

}  // namespace cresset::model
