#include "operator/runtime/reflector_group.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace cresset::runtime {

ReflectorGroup::ReflectorGroup(kube::Api& api, const InformerOptions& options, base::Clock& clock,
                               base::Random random, const base::Log& log) {
  if (options.namespaces.empty()) {
    parts_.push_back(
        {options.ns, std::make_unique<Reflector>(api, options, clock, std::move(random), log)});
    return;
  }
  for (const auto& ns : options.namespaces) {
    InformerOptions own = options;
    own.ns = ns;
    // Copies of `random` would give the same numbers: all would wait and end at the same moments.
    auto apart = base::seeded_random(static_cast<uint64_t>(random() * 4294967296.0));
    parts_.push_back({ns, std::make_unique<Reflector>(api, std::move(own), clock, std::move(apart),
                                                      log.with({{"namespace", ns}}))});
  }
}

void ReflectorGroup::run(std::stop_token stop, const CallbacksOf& callbacks_of) {
  if (parts_.size() == 1) return parts_.front().reflector->run(stop, callbacks_of(0));
  std::mutex mutex;
  std::condition_variable_any changed;
  std::exception_ptr thrown;
  std::vector<std::jthread> threads;
  for (size_t part = 0; part < parts_.size(); ++part)
    threads.emplace_back([&, part](std::stop_token own) {
      try {
        parts_[part].reflector->run(own, callbacks_of(part));
      } catch (...) {
        std::lock_guard lock(mutex);
        thrown = std::current_exception();
        changed.notify_all();
      }
    });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, stop, [&] { return thrown != nullptr; });
  }
  for (auto& thread : threads) thread.request_stop();
  threads.clear();
  if (thrown) std::rethrow_exception(thrown);
}

bool ReflectorGroup::is_ready(const Part& part) {
  return part.reflector->synced() && part.reflector->served();
}

bool ReflectorGroup::synced() const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.reflector->synced(); });
}

bool ReflectorGroup::synced(const std::string& ns) const {
  return std::all_of(parts_.begin(), parts_.end(), [&ns](const Part& part) {
    return (!part.ns.empty() && part.ns != ns) || part.reflector->synced();
  });
}

bool ReflectorGroup::settled() const {
  if (parts_.size() == 1) return synced();
  const auto synced = [](const Part& part) { return part.reflector->synced(); };
  const auto settled = [](const Part& part) { return part.reflector->settled(); };
  return std::any_of(parts_.begin(), parts_.end(), synced) &&
         std::all_of(parts_.begin(), parts_.end(), settled);
}

bool ReflectorGroup::ready() const { return std::all_of(parts_.begin(), parts_.end(), is_ready); }

bool ReflectorGroup::served() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.reflector->served(); });
}

std::string ReflectorGroup::last_error() const {
  if (parts_.size() == 1) return parts_.front().reflector->last_error();
  std::string text;
  for (const auto& part : parts_)
    if (!is_ready(part))
      text += (text.empty() ? "in " : "; in ") + part.ns + ": " + part.reflector->last_error();
  return text;
}

}  // namespace cresset::runtime
