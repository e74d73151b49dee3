#include "controllers/common/plan.h"

namespace cresset::controllers {

namespace {

struct Print {
  std::ostream& out;
  void operator()(const Apply& change) const {
    out << "apply " << change.resource.kind << " " << change.key.to_string() << " uid "
        << change.uid << " " << base::dump(change.object);
  }
  void operator()(const Create& change) const {
    out << "create " << change.resource.kind << " " << change.key.to_string();
  }
  void operator()(const Patch& change) const {
    out << "patch " << change.resource.kind << " " << change.key.to_string() << " "
        << base::dump(change.patch);
  }
  void operator()(const Delete& change) const {
    out << "delete " << change.resource.kind << " " << change.key.to_string() << " uid "
        << change.uid;
    if (change.version) out << " version " << *change.version;
  }
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Change& change) {
  std::visit(Print{out}, change);
  return out;
}

std::ostream& operator<<(std::ostream& out, const Plan& plan) {
  if (plan.empty()) out << "nothing to do";
  const auto print_status = [&](bool first) {
    if (plan.status && plan.status_first == first)
      out << "status " << base::dump(*plan.status) << "\n";
  };
  print_status(true);
  for (const auto& change : plan.changes) out << change << "\n";
  print_status(false);
  for (const auto& event : plan.events)
    out << "event " << event.reason << ": " << event.note << "\n";
  if (plan.again_after) out << "again after " << plan.again_after->count() << " ms";
  return out;
}

}  // namespace cresset::controllers
