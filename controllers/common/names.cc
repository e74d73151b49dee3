#include "controllers/common/names.h"

#include <algorithm>

#include "crds/worker_contract/names.h"
#include "operator/base/digest.h"

namespace cresset::controllers {

namespace {

constexpr size_t kMaxLabel = 63;
constexpr std::string_view kOurPrefix = "cresset.dev/";

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// The front of `name` and its digest, together at most `max` characters.
std::string with_digest(std::string_view name, std::string_view shown, size_t max) {
  const std::string digest = "-" + base::sha256(name).substr(0, 8);
  std::string cut(shown.substr(0, max - digest.size()));
  while (!cut.empty() && (cut.back() == '-' || cut.back() == '.')) cut.pop_back();
  return cut + digest;
}

}  // namespace

std::string child_name(std::string_view name, std::string_view suffix, size_t max) {
  const bool label = !name.empty() && is_letter(name.front()) &&
                     name.find('.') == std::string_view::npos && name.size() + suffix.size() <= max;
  if (label) return std::string(name) + std::string(suffix);
  std::string shown(name);
  std::replace(shown.begin(), shown.end(), '.', '-');
  if (shown.empty() || !is_letter(shown.front())) shown.insert(0, "x");
  return with_digest(name, shown, max - suffix.size()) + std::string(suffix);
}

std::string label_value(std::string_view name) {
  return name.size() <= kMaxLabel ? std::string(name) : with_digest(name, name, kMaxLabel);
}

base::Json recommended_labels(const std::string& instance, const std::string& component) {
  return {{"app.kubernetes.io/name", "cresset"},
          {"app.kubernetes.io/instance", label_value(instance)},
          {"app.kubernetes.io/component", component},
          {"app.kubernetes.io/managed-by", "cresset"},
          {"app.kubernetes.io/part-of", "cresset"}};
}

base::Json owner_references(const kube::Resource& resource, const kube::ObjectMeta& owner) {
  return base::Json::array(
      {kube::encode_owner({resource.api_version(), resource.kind, owner.name, owner.uid, true})});
}

bool is_read(std::string_view name) {
  const bool is_ours = name.starts_with(kOurPrefix) && name != worker_contract::kJobLabel;
  return is_ours || name == kDeletionCost;
}

bool is_owned_by(const kube::ObjectMeta& child, const base::Uid& owner) {
  const auto* controller = child.controller();
  return controller != nullptr && controller->uid == owner;
}

}  // namespace cresset::controllers
