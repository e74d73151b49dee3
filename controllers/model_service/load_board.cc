#include "controllers/model_service/load_board.h"

#include <cmath>
#include <vector>

namespace cresset::controllers::model_service {

namespace {

constexpr size_t kMostGateways = 1000;

// The lines of a service's revisions.
using Lines = std::map<kube::ObjectKey, std::vector<const worker_contract::RevisionLoad*>>;

Lines by_service(const worker_contract::LoadReport& report) {
  Lines lines;
  for (const auto& line : report.revisions) lines[{line.ns, line.name}].push_back(&line);
  return lines;
}

autoscale::Sample sum(const Lines& lines, const kube::ObjectKey& key,
                      const autoscale::Metric& metric) {
  autoscale::Sample sample;
  const auto found = lines.find(key);
  if (found == lines.end()) return sample;
  for (const auto* line : found->second) {
    sample.value += metric.read(*line);
    sample.waiting += line->waiting;
    sample.active |= line->arrivals > 0 || line->in_flight > 0 || line->waiting > 0;
  }
  return sample;
}

}  // namespace

void LoadBoard::on_load(const worker_contract::LoadReport& report, base::MonoTime now) {
  const Lines lines = by_service(report);
  const std::chrono::milliseconds period(std::llround(report.period_seconds * 1000));
  std::vector<kube::ObjectKey> woken;
  {
    std::lock_guard lock(mutex_);
    const auto [newest, added] = newest_.try_emplace(report.gateway, report.sequence);
    if (!added && newest->second == report.sequence) return;  // sent twice
    newest->second = report.sequence;
    if (newest_.size() > kMostGateways) newest_.clear();
    for (auto& [key, followed] : followed_) {
      autoscale::Sample sample = sum(lines, key, *followed.metric);
      sample.period = period;
      followed.window.add(report.gateway, sample, now);
      if (sample.waiting > 0 || (sample.active && !followed.active)) woken.push_back(key);
      followed.active = sample.active;
    }
  }
  for (const auto& key : woken) wake_(key);
}

std::optional<autoscale::Load> LoadBoard::load(const kube::ObjectKey& key,
                                               const autoscale::Metric& metric,
                                               autoscale::WindowShape shape, base::MonoTime now) {
  std::lock_guard lock(mutex_);
  const Followed anew{&metric, autoscale::Window(shape)};
  const auto found = followed_.try_emplace(key, anew).first;
  if (found->second.metric != &metric) found->second = anew;
  if (!(found->second.window.shape() == shape)) found->second.window.reshape(shape);
  return found->second.window.at(now);
}

void LoadBoard::forget(const kube::ObjectKey& key) {
  std::lock_guard lock(mutex_);
  followed_.erase(key);
}

size_t LoadBoard::size() const {
  std::lock_guard lock(mutex_);
  return followed_.size();
}

}  // namespace cresset::controllers::model_service
