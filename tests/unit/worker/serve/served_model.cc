#include "tests/unit/worker/serve/served_model.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "operator/base/file.h"
#include "worker/model/card.h"
#include "worker/model/model_directory.h"
#include "worker/model/network.h"

namespace cresset::serve::testing {

namespace {

template <typename T>
T take(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

std::string new_folder() {
  std::string pattern = std::filesystem::temp_directory_path() / "cresset-serve-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

model::ModelCard card_of() {
  model::ModelCard card;
  card.architecture.architecture = "mlp";
  card.architecture.hidden = {16};
  const std::vector<std::string> columns{"a", "b", "c", "d"};
  const base::Json steps = {{"steps",
                             {{{"standardize",
                                {{"columns", columns},
                                 {"mean", {100, 200, 300, 400}},
                                 {"deviation", {10, 20, 30, 40}}}}}}}};
  card.preprocessing = take(model::Preprocessing::decode(steps, columns));
  card.classes.integers = true;
  card.classes.numbers = {10, 20, 30};
  return card;
}

}  // namespace

ServedModel::ServedModel() : folder_(new_folder()), store_({}, {}) {
  const auto card = card_of();
  const auto network = take(model::build_network(card.architecture, {4}, 3, 11));
  digest_ = take(model::write_directory(store_, uri(),
                                        {{model::kModelFile, base::dump(model::encode(card))},
                                         {model::kWeightsFile, model::save_weights(*network)}}));
}

ServedModel::~ServedModel() { std::filesystem::remove_all(folder_); }

base::Json ServedModel::card() const {
  return take(base::parse_json(take(base::read_file(file(model::kModelFile)))));
}

std::string ServedModel::with_card(const base::Json& card) {
  const std::string other = "file://" + folder_ + "/8";
  take(model::write_directory(
      store_, other,
      {{model::kModelFile, base::dump(card)},
       {model::kWeightsFile, take(base::read_file(file(model::kWeightsFile)))}}));
  return other;
}

}  // namespace cresset::serve::testing
