#include "operator/runtime/named_namespaces.h"

#include <algorithm>
#include <set>

namespace cresset::runtime {

namespace {

// RFC 1123, as the API server has it.
bool is_label(const std::string& text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && plain(text.front()) && plain(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

}  // namespace

NamedNamespaces::NamedNamespaces(kube::Api& api, const std::vector<std::string>& names,
                                 base::Clock& clock)
    : api_(api), clock_(clock), several_(names.size() > 1) {
  for (const auto& ns : names) missing_[ns] = "namespace \"" + ns + "\" was not asked for yet";
}

void NamedNamespaces::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex_);
    auto left = missing_;
    lock.unlock();
    for (auto& [ns, why] : left) why = look(ns);
    std::erase_if(left, [](const auto& entry) { return entry.second.empty(); });
    lock.lock();
    missing_ = std::move(left);
    const auto until = missing_.empty() ? base::MonoTime::max() : clock_.mono() + kPause;
    clock_.wait_until(lock, never_, stop, until, [] { return false; });
  }
}

std::string NamedNamespaces::look(const std::string& ns) const {
  const auto found = api_.get(kube::kNamespaces, {"", ns});
  if (found) return "";
  if (base::is_not_found(found.error())) return "there is no namespace \"" + ns + "\"";
  if (!base::is_forbidden(found.error())) return found.error().message();
  return found.error().message() + "; is it there, and this account bound to its Role in it?";
}

bool NamedNamespaces::ready() const {
  std::lock_guard lock(mutex_);
  return missing_.empty();
}

std::string NamedNamespaces::waiting_for() const {
  std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [ns, why] : missing_) text += (text.empty() ? "" : "; ") + why;
  return text;
}

base::Result<void> check_namespaces(const std::string& flag,
                                    const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (const auto& ns : names) {
    if (!is_label(ns))
      return base::fail(
          base::invalid(flag + " must be the name of a namespace (at most 63 of a-z, 0-9 and -, " +
                        "which is neither first nor last), found \"" + ns + "\""));
    if (!seen.insert(ns).second)
      return base::fail(base::invalid(flag + " names \"" + ns + "\" twice"));
  }
  return {};
}

}  // namespace cresset::runtime
