#pragma once
// The few fields of Kubernetes objects that Cresset reads, typed, and the makers of those that it
// writes. Pure values: no I/O, any thread. Objects that we only pass on stay base::Json.

#include <boost/container/flat_map.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/interned.h"
#include "operator/base/json.h"
#include "operator/base/shared.h"
#include "operator/base/uid.h"
#include "operator/kube/core/json_view.h"

namespace cresset::kube {

struct ObjectKey {
  std::string ns;  // "" for cluster-scoped
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
  std::string to_string() const { return ns.empty() ? name : ns + "/" + name; }
};

// Labels or annotations, sorted by key.
struct Texts : boost::container::flat_map<base::Interned, base::Interned, std::less<>> {
  using flat_map::flat_map;
};
size_t hash_of(const Texts& texts);

struct OwnerReference {
  base::Interned api_version;
  base::Interned kind;
  base::Interned name;
  base::Uid uid;
  bool controller = false;
  bool operator==(const OwnerReference&) const = default;
};
using Owners = std::vector<OwnerReference>;
size_t hash_of(const Owners& owners);

// Caches hold tens of thousands of these: what many say alike is kept once.
struct ObjectMeta {
  base::Interned ns;
  std::string name;
  base::Uid uid;
  base::ResourceVersion resource_version;
  int64_t generation = 0;
  base::MaybeTime created;
  base::MaybeTime deleted;  // deletionTimestamp: it is going away
  base::Shared<Texts> labels;
  base::Shared<Texts> annotations;
  base::Shared<Owners> owners;

  ObjectKey key() const { return {ns, name}; }
  // The owner with controller: true, or nullptr.
  const OwnerReference* controller() const;
  bool operator==(const ObjectMeta&) const = default;
};

// Lenient: absent fields stay empty. managedFields are never kept, of labels and annotations those
// whose name `is_read`.
ObjectMeta decode_meta(const JsonView& object, bool (*is_read)(std::string_view name) = nullptr);
// As `is_read`, where labels and annotations are nobody's business.
inline bool none_is_read(std::string_view) { return false; }
// Of that, which object it is, and which version.
struct Identity {
  ObjectKey key;
  base::Uid uid;
  base::ResourceVersion resource_version;
};
Identity identify(const JsonView& object);
// {"apiVersion","kind","name","uid","controller":true,"blockOwnerDeletion":true}
base::Json encode_owner(const OwnerReference& owner);

enum class ConditionStatus { kTrue, kFalse, kUnknown };

struct Condition {
  base::Interned type;
  ConditionStatus status = ConditionStatus::kUnknown;
  base::Interned reason;   // CamelCase, a constant
  base::Interned message;  // for a person
  base::MaybeTime last_transition;
  int64_t observed_generation = 0;
  bool operator==(const Condition&) const = default;
};

std::vector<Condition> decode_conditions(const base::Json& list);
base::Json encode_conditions(const std::vector<Condition>& conditions);
// Sets by type; lastTransitionTime moves only when the status changes (API conventions,
// "Typical status properties"). Returns whether anything changed.
bool set_condition(std::vector<Condition>& conditions, Condition condition, base::WallTime now);
const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type);
bool is_true(const std::vector<Condition>& conditions, std::string_view type);

}  // namespace cresset::kube
