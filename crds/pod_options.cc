#include "crds/pod_options.h"

#include "crds/worker_contract/quantity.h"

namespace cresset::crds {

using base::Json;
using base::Reader;

namespace {

constexpr size_t kMaxName = 253;

void read_node_selector(Reader& reader, PodOptions& into) {
  const Json* selector = reader.object("nodeSelector");
  if (selector == nullptr) return;
  for (const auto& [key, value] : selector->items()) {
    if (!value.is_string()) {
      reader.add_error(base::invalid(reader.path_of("nodeSelector") + "." + key +
                                     " must be a string, found " +
                                     std::string(base::type_name(value))));
      return;
    }
    into.node_selector[key] = value.get<std::string>();
  }
}

void read_pull_secrets(Reader& reader, PodOptions& into) {
  const Json* secrets = reader.array("imagePullSecrets", 16);
  if (secrets == nullptr) return;
  for (size_t i = 0; i < secrets->size(); ++i) {
    Reader inner((*secrets)[i], reader.path_of("imagePullSecrets") + "[" + std::to_string(i) + "]");
    if (auto name = inner.require("name").name("name", kMaxName))
      into.image_pull_secrets.push_back(*name);
    reader.check(inner.finish());
  }
}

}  // namespace

size_t hash_of(const PodOptions& options) {
  size_t hash = 0;
  const auto take = [&hash](const std::string& text) {
    hash = base::hash_with(hash, std::hash<std::string>{}(text));
  };
  // As texts: std::hash<Json> tells a signed 1 from an unsigned one, which == does not.
  take(base::dump(options.resources));
  take(base::dump(options.tolerations));
  for (const auto& [key, value] : options.node_selector) {
    take(key);
    take(value);
  }
  for (const auto& name : options.image_pull_secrets) take(name);
  for (const auto* text :
       {&options.runtime_class, &options.image, &options.service_account, &options.priority_class})
    take(*text);
  return hash;
}

int64_t PodOptions::gpus() const { return worker_contract::gpus_of(resources); }

void read_pod_options(Reader& reader, PodOptions& into) {
  if (const Json* resources = reader.object("resources")) into.resources = *resources;
  read_node_selector(reader, into);
  if (const Json* tolerations = reader.array("tolerations", 32)) into.tolerations = *tolerations;
  if (auto name = reader.text("runtimeClassName", kMaxName)) into.runtime_class = *name;
  if (auto image = reader.text("image", 1024)) into.image = *image;
  read_pull_secrets(reader, into);
  if (auto name = reader.text("serviceAccountName", kMaxName)) into.service_account = *name;
  if (auto name = reader.text("priorityClassName", kMaxName)) into.priority_class = *name;
}

void write_pod_options(const PodOptions& options, Json& object) {
  if (!options.resources.empty()) object["resources"] = options.resources;
  if (!options.node_selector.empty()) object["nodeSelector"] = options.node_selector;
  if (!options.tolerations.empty()) object["tolerations"] = options.tolerations;
  if (!options.runtime_class.empty()) object["runtimeClassName"] = options.runtime_class;
  if (!options.image.empty()) object["image"] = options.image;
  for (const auto& name : options.image_pull_secrets)
    object["imagePullSecrets"].push_back({{"name", name}});
  if (!options.service_account.empty()) object["serviceAccountName"] = options.service_account;
  if (!options.priority_class.empty()) object["priorityClassName"] = options.priority_class;
}

}  // namespace cresset::crds
