#include "controllers/model_service/load_board.h"

#include <algorithm>
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

std::map<kube::ObjectKey, std::vector<worker_contract::BusyReplica>> busy_of(const Lines& lines) {
  std::map<kube::ObjectKey, std::vector<worker_contract::BusyReplica>> busy;
  for (const auto& [key, of_service] : lines)
    for (const auto* line : of_service)
      if (!line->busy.empty())
        busy[key].insert(busy[key].end(), line->busy.begin(), line->busy.end());
  return busy;
}

}  // namespace

void LoadBoard::on_load(const worker_contract::LoadReport& report, base::MonoTime now) {
  const Lines lines = by_service(report);
  const std::chrono::milliseconds period(std::llround(report.period_seconds * 1000));
  std::vector<kube::ObjectKey> woken;
  {
    std::lock_guard lock(mutex_);
    const auto newest = newest_.find(report.gateway);
    if (newest != newest_.end() && newest->second.sequence == report.sequence)
      return;  // sent twice
    if (newest_.size() > kMostGateways) newest_.clear();
    newest_[report.gateway] = {report.sequence, now, busy_of(lines)};
    for (auto& [gateway, told] : newest_)
      if (now - told.at > kBusyFor) told.busy.clear();
    for (auto& [key, followed] : followed_) {
      autoscale::Sample sample = sum(lines, key, *followed.metric);
      sample.period = period;
      followed.window.add(report.gateway, sample, now);
      const bool news = note_active(followed, report.gateway, sample.active, now);
      if (sample.waiting > 0 || news) woken.push_back(key);
    }
  }
  for (const auto& key : woken) wake_(key);
}

bool LoadBoard::note_active(Followed& followed, const std::string& gateway, bool active,
                            base::MonoTime now) {
  std::erase_if(followed.active, [now](const auto& told) { return now - told.second > kBusyFor; });
  const bool news = active && followed.active.empty();
  if (active)
    followed.active[gateway] = now;
  else
    followed.active.erase(gateway);
  return news;
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

std::map<std::string, int64_t> LoadBoard::in_flight(const kube::ObjectKey& key,
                                                    base::MonoTime now) const {
  std::map<std::string, int64_t> in_flight;
  std::lock_guard lock(mutex_);
  for (const auto& [gateway, told] : newest_) {
    const auto found = told.busy.find(key);
    if (found == told.busy.end() || now - told.at > kBusyFor) continue;
    for (const auto& [address, held] : found->second)
      in_flight[address] = std::max(in_flight[address], held);
  }
  return in_flight;
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
