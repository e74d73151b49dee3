#include "crds/worker_contract/model_spec.h"

#include <array>

#include "crds/worker_contract/architectures.h"
#include "crds/worker_contract/names.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr size_t kMaxPatterns = 256;
constexpr size_t kMaxRenames = 64;
constexpr size_t kMaxRates = 64;
constexpr size_t kMaxName = 1024;
constexpr std::array<std::string_view, 2> kHeads{"Auto", "New"};

void read_architecture(Reader& reader, ModelSpec& model) {
  static const Json kNone = Json::object();
  if (auto name = reader.one_of("architecture", architecture_names())) model.architecture = *name;
  const Json* parameters = reader.object("parameters");
  // With `uri` alone, the model that lies there says what it is.
  if (!model.uri.empty() && !reader.has("architecture")) {
    model.architecture.clear();
    if (parameters != nullptr)
      reader.add_error(base::invalid(reader.path_of("parameters") +
                                     " goes with architecture; without one, both are those of the "
                                     "model at " +
                                     reader.path_of("uri")));
    if (names_weights(model.uri))
      reader.add_error(base::invalid(reader.path_of("architecture") +
                                     " is required with a .safetensors or .pt file, which says "
                                     "none; found none"));
    return;
  }
  Reader inner(parameters != nullptr ? *parameters : kNone, reader.path_of("parameters"));
  if (const auto* architecture = find_architecture(model.architecture))
    architecture->read(inner, model);
  reader.check(inner.finish());
}

void read_freeze(Reader& reader, ModelSpec& model) {
  const auto patterns = reader.texts("freeze", kMaxPatterns);
  for (size_t i = 0; patterns && i < patterns->size(); ++i)
    if ((*patterns)[i].empty() || (*patterns)[i].size() > kMaxName)
      reader.add_error(base::invalid(reader.path_of("freeze") + "[" + std::to_string(i) +
                                     "] must have 1 to " + std::to_string(kMaxName) +
                                     " characters, found " +
                                     std::to_string((*patterns)[i].size())));
  if (patterns) model.freeze = *patterns;
}

void read_renames(Reader& reader, ModelSpec& model) {
  const Json* list = reader.array("rename", kMaxRenames);
  for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
    Rename rename;
    Reader inner((*list)[i], reader.path_of("rename") + "[" + std::to_string(i) + "]");
    if (auto from = inner.require("from").name("from", kMaxName)) rename.from = *from;
    if (auto to = inner.text("to", kMaxName)) rename.to = *to;
    reader.check(inner.finish());
    model.rename.push_back(std::move(rename));
  }
}

}  // namespace

Result<ModelSpec> decode_model(const Json& json, const std::string& path) {
  ModelSpec model;
  Reader reader(json, path);
  if (auto uri = reader.text("uri", kMaxUriBytes)) {
    reader.check(check_uri(*uri, reader.path_of("uri")));
    model.uri = *uri;
  }
  read_architecture(reader, model);
  read_freeze(reader, model);
  read_renames(reader, model);
  if (auto head = reader.one_of("head", kHeads)) model.head = *head;
  if (const Json* rates = reader.array("learningRates", kMaxRates)) {
    CRESSET_TRY(read, decode_learning_rates(*rates, reader.path_of("learningRates")));
    model.learning_rates = std::move(read);
  }
  for (const char* key : {"freeze", "rename", "head"})
    if (model.uri.empty() && reader.has(key))
      reader.add_error(base::invalid(reader.path_of(key) + " goes with " + reader.path_of("uri") +
                                     ", and there is none"));
  CRESSET_CHECK(reader.finish());
  return model;
}

Json encode(const ModelSpec& model) {
  Json json = Json::object();
  if (const auto* architecture = find_architecture(model.architecture))
    json = {{"architecture", model.architecture}, {"parameters", architecture->write(model)}};
  if (!model.learning_rates.empty()) json["learningRates"] = encode(model.learning_rates);
  if (model.uri.empty()) return json;
  json["uri"] = model.uri;
  json["head"] = model.head;
  if (!model.freeze.empty()) json["freeze"] = model.freeze;
  for (const auto& rename : model.rename)
    json["rename"].push_back({{"from", rename.from}, {"to", rename.to}});
  return json;
}

Result<void> check_module(const ModelSpec& model, const std::string& path) {
  if (model.architecture != kTorchScript) return {};
  if (!model.uri.empty() && (names_script(model.uri) || !names_weights(model.uri))) return {};
  return base::fail(base::invalid(
      path +
      ".uri must be the .pt file of a TorchScript module, or the directory of a model that " +
      "was one, with the architecture torchscript; found " +
      (model.uri.empty() ? "none" : "\"" + model.uri + "\"")));
}

bool names_weights(const std::string& uri) {
  return uri.ends_with(".safetensors") || names_script(uri);
}

bool names_script(const std::string& uri) { return uri.ends_with(".pt"); }

}  // namespace cresset::worker_contract
