#include "controllers/autoscale/window.h"

#include <algorithm>

namespace cresset::autoscale {
namespace {

using std::chrono::milliseconds;

double seconds(base::MonoTime::duration span) {
  return std::chrono::duration<double>(span).count();
}

milliseconds whole(base::MonoTime::duration span) {
  return std::chrono::duration_cast<milliseconds>(span);
}

}  // namespace

milliseconds WindowShape::recent() const { return std::max(milliseconds(2000), stable / 10); }

void Window::add(const std::string& name, const Sample& sample, base::MonoTime now) {
  if (now - newest_ > shape_.stale_after) begin_anew();
  newest_ = now = std::max(now, newest_);
  Gateway& gateway = gateways_[name];
  base::MonoTime from = now - std::clamp(sample.period, milliseconds(1), shape_.stale_after);
  if (!gateway.steps.empty()) {
    Step& before = gateway.steps.back();
    from = std::max(from, before.to);
    if (from - before.to <= shape_.stale_after)
      before.to = from;
    else
      gap_ = from;
  }
  if (!first_) first_ = from;
  if (sample.active || sample.waiting > 0) last_active_ = now;
  gateway.waiting = sample.waiting;
  gateway.heard = now;

  const auto grain = shape_.stable / 60;
  if (!gateway.steps.empty() && gateway.steps.back().to == from &&
      now - gateway.steps.back().from <= grain) {
    Step& last = gateway.steps.back();
    const double before = seconds(last.to - last.from), added = seconds(now - from);
    if (before + added > 0)
      last.value = (last.value * before + sample.value * added) / (before + added);
    last.to = now;
  } else if (now > from || gateway.steps.empty()) {
    gateway.steps.push_back({from, now, sample.value});
  } else {
    gateway.steps.back().value = std::max(gateway.steps.back().value, sample.value);
  }

  const double recent = mean_over(now - shape_.recent(), now);
  if (!recents_.empty() && now - recents_.back().at < grain)
    recents_.back().value = std::max(recents_.back().value, recent);
  else
    recents_.push_back({now, recent});
  forget(now);
}

void Window::begin_anew() {
  gateways_.clear();
  recents_.clear();
  first_ = last_active_ = gap_ = std::nullopt;
}

void Window::forget(base::MonoTime now) {
  const auto start = now - shape_.stable;
  for (auto& [name, gateway] : gateways_)
    while (!gateway.steps.empty() && gateway.steps.front().to < start) gateway.steps.pop_front();
  std::erase_if(gateways_, [&](const auto& entry) {
    return entry.second.steps.empty() && now - entry.second.heard > shape_.stale_after;
  });
  while (!recents_.empty() && recents_.front().at < start) recents_.pop_front();
}

double Window::mean_over(base::MonoTime from, base::MonoTime to) const {
  if (first_) from = std::max(from, *first_);
  if (to <= from) return 0;
  double area = 0;
  for (const auto& [name, gateway] : gateways_) {
    for (const Step& step : gateway.steps) {
      const bool newest = &step == &gateway.steps.back();
      const bool holds = newest && to - gateway.heard <= shape_.stale_after;
      const auto end = std::min(holds ? to : step.to, to);
      const auto begin = std::max(step.from, from);
      if (end > begin) area += step.value * seconds(end - begin);
    }
  }
  return area / seconds(to - from);
}

bool Window::gap_since(base::MonoTime from, base::MonoTime now) const {
  if (gap_ && *gap_ > from) return true;
  return std::ranges::any_of(gateways_, [&](const auto& entry) {
    const Gateway& gateway = entry.second;
    return now - gateway.heard > shape_.stale_after && !gateway.steps.empty() &&
           gateway.steps.back().to > from;
  });
}

std::optional<Load> Window::at(base::MonoTime now) const {
  now = std::max(now, newest_);
  const bool heard = std::ranges::any_of(
      gateways_, [&](const auto& entry) { return now - entry.second.heard <= shape_.stale_after; });
  if (!first_ || !heard) return std::nullopt;

  const auto start = now - shape_.stable;
  Load load;
  load.mean = mean_over(start, now);
  load.recent = mean_over(now - shape_.recent(), now);
  load.peak = std::max(load.mean, load.recent);
  for (const Recent& recent : recents_)
    if (recent.at >= start) load.peak = std::max(load.peak, recent.value);
  for (const auto& [name, gateway] : gateways_)
    if (now - gateway.heard <= shape_.stale_after) load.waiting += gateway.waiting;
  load.complete = *first_ <= start && !gap_since(start, now);
  load.seen_request = last_active_.has_value();
  load.idle = whole(now - last_active_.value_or(*first_));
  return load;
}

}  // namespace cresset::autoscale
