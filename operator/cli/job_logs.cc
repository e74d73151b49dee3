#include "operator/cli/job_logs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "crds/worker_contract/names.h"
#include "operator/base/clean_text.h"
#include "operator/kube/core/refusal.h"

namespace cresset::cli {

using base::Result;

namespace {

constexpr std::chrono::seconds kBetweenLooks{2};
constexpr std::chrono::milliseconds kBetweenLines{200};
constexpr std::chrono::seconds kPatience{1};
// What is not followed comes to its end by itself, so that its order need not be cut short.
constexpr std::chrono::seconds kPatienceWithOld{30};
constexpr size_t kMostTold = 1024;
constexpr char kContainer[] = "worker";

int worker_of(const kube::ObjectMeta& pod) {
  const auto found = pod.labels->find(worker_contract::kIndexLabel);
  int index = 0;
  if (found == pod.labels->end()) return index;
  const std::string text = found->second.str();
  std::from_chars(text.data(), text.data() + text.size(), index);
  return index;
}

bool has_ended(const std::string& phase) { return phase == "Succeeded" || phase == "Failed"; }

}  // namespace

JobLogs::JobLogs(kube::Api& api, Read read, base::Clock& clock, JobLogsOptions options, Show show,
                 Show tell)
    : api_(api),
      read_(std::move(read)),
      clock_(clock),
      options_(std::move(options)),
      show_(std::move(show)),
      tell_(std::move(tell)),
      merge_(options_.follow ? kPatience : kPatienceWithOld) {}

Result<bool> JobLogs::run() {
  auto next_look = clock_.mono();
  bool ended = false;
  while (true) {
    if (clock_.mono() >= next_look || (ended && !options_.follow)) {
      CRESSET_CHECK(look());
      next_look = clock_.mono() + kBetweenLooks;
    }
    show_ready();
    if (all_read() && (!options_.follow || !end_.empty())) break;
    std::unique_lock lock(mutex_);
    clock_.wait_until(lock, changed_, {}, clock_.mono() + kBetweenLines, [&] { return news_; });
    news_ = false;
    ended = std::exchange(ended_, false);
  }
  if (options_.follow) tell(options_.job.name + ": " + end_);
  return unread_ || (options_.follow && failed_);
}

Result<void> JobLogs::look() {
  if (end_.empty()) CRESSET_CHECK(look_at_job());
  CRESSET_CHECK(look_at_pods());
  if (!looked_ && !options_.follow && pods_.empty())
    return base::fail(base::not_found(options_.job.name +
                                      " has no pods that were started; their logs are gone with "
                                      "those that were"));
  looked_ = true;
  return {};
}

Result<void> JobLogs::look_at_job() {
  const auto found = api_.get(kube::kTrainingJobs, options_.job);
  if (!found && looked_ && base::is_not_found(found.error())) return on_deleted();
  if (!found) {
    if (looked_ && base::is_retryable(found.error())) return {};
    return base::fail(base::is_not_found(found.error()) ? not_there(found.error()) : found.error());
  }
  CRESSET_TRY(job, crds::decode_training_job(*found));
  if (looked_ && job.meta.uid != uid_) return on_deleted();
  uid_ = job.meta.uid;
  selector_ = job.status.selector.empty()
                  ? std::string(worker_contract::kJobLabel) + "=" + options_.job.name
                  : job.status.selector;
  for (const char* type : {"Complete", "Failed"})
    if (kube::is_true(job.status.conditions, type)) {
      end_ = std::string(type) + ": " +
             kube::find_condition(job.status.conditions, type)->message.str();
      failed_ = std::string(type) == "Failed";
    }
  return {};
}

// An API server without the CRD answers a get as it does one of a job that is not there.
base::Error JobLogs::not_there(const base::Error& found) const {
  const auto page = api_.list(kube::kTrainingJobs, {.ns = options_.job.ns, .limit = 1});
  if (!page && base::is_not_found(page.error()))
    return base::not_found(kube::refusal_text(kube::kTrainingJobs, found));
  return base::not_found("namespace " + options_.job.ns + " has no TrainingJob " +
                         options_.job.name);
}

Result<void> JobLogs::on_deleted() {
  end_ = "it was deleted";
  failed_ = true;
  return {};
}

Result<void> JobLogs::look_at_pods() {
  const auto page = api_.list(kube::kPods, {.ns = options_.job.ns, .label_selector = selector_});
  if (!page) {
    if (looked_ && base::is_retryable(page.error())) return {};
    return base::fail(page.error());
  }
  std::map<std::string, std::pair<int, std::string>> there;
  page->root().find("/items").each_item([&](const kube::JsonView& item) {
    const auto meta = kube::decode_meta(item);
    const auto* owner = meta.controller();
    if (owner != nullptr && owner->uid == uid_)
      there[meta.name] = {worker_of(meta), std::string(item.text_at("/status/phase"))};
  });
  for (const auto& [name, pod] : there) CRESSET_CHECK(on_pod(name, pod.first, pod.second));
  std::lock_guard lock(mutex_);
  for (auto& [name, pod] : pods_) {
    if (there.contains(name) || pod.reading || pod.closed) continue;
    if (!options_.follow) CRESSET_CHECK(on_ended(name, pod));
    close(pod);
  }
  return {};
}

Result<void> JobLogs::on_pod(const std::string& name, int worker, const std::string& phase) {
  if (phase.empty() || phase == "Pending") {
    if (!options_.follow && !looked_) tell(name + " has not started");
    return {};
  }
  std::lock_guard lock(mutex_);
  auto [at, added] = pods_.try_emplace(name);
  Pod& pod = at->second;
  if (added) {
    pod.source = static_cast<int>(workers_.size());
    pod.is_of_first_look = !looked_;
    workers_.push_back(worker);
    merge_.open(pod.source);
  } else {
    if (pod.closed || pod.reading) return {};
    CRESSET_CHECK(on_ended(name, pod));
    if (pod.closed) return {};
  }
  start(name, pod, has_ended(phase));
  return {};
}

// A stream that ended may have been cut: what was written to the end is known of one alone that
// began after the container's.
Result<void> JobLogs::on_ended(const std::string& name, Pod& pod) {
  if (pod.outcome) {
    if (pod.in_full || !options_.follow) close(pod);
    return {};
  }
  if (base::is_forbidden(pod.outcome.error())) return base::fail(pod.outcome.error());
  tell_failure(name, pod);
  if (options_.follow && !pod.in_full) return {};
  unread_ = true;
  close(pod);
  return {};
}

// What fails again and again is told once; that a followed pod is quiet is no failure.
void JobLogs::tell_failure(const std::string& name, Pod& pod) const {
  const auto& error = pod.outcome.error();
  const bool quiet = options_.follow && !pod.in_full && error.kind() == base::ErrorKind::kTimeout;
  if (quiet || pod.told == error.message()) return;
  pod.told = error.message();
  tell(name + ": " + pod.told);
}

void JobLogs::tell(const std::string& text) const { tell_(base::clean_begin(text, kMostTold)); }

void JobLogs::start(const std::string& name, Pod& pod, bool container_ended) {
  kube::PodLogOptions wanted{
      .container = kContainer, .follow = options_.follow && !container_ended, .after = pod.last};
  if (pod.is_of_first_look) wanted.since_seconds = options_.since_seconds;
  pod.reading = true;
  pod.in_full = container_ended;
  if (pod.thread.joinable()) pod.thread.join();
  pod.thread = std::jthread(
      [this, &pod, wanted, name](std::stop_token stop) { read_pod(name, pod, wanted, stop); });
}

void JobLogs::read_pod(const std::string& name, Pod& pod, const kube::PodLogOptions& wanted,
                       std::stop_token stop) {
  const auto on_line = [&](std::string_view stamp, std::string_view text) {
    std::unique_lock lock(mutex_);
    const auto has_room = [&] { return !merge_.is_full(pod.source); };
    if (!has_room()) {
      news_ = true;
      changed_.notify_all();
      changed_.wait(lock, stop, has_room);
    }
    pod.last = stamp;
    merge_.push(pod.source, std::string(text),
                kube::stamp_time(stamp).value_or(base::WallTime::min()), clock_.mono());
  };
  auto outcome = read_({options_.job.ns, name}, wanted, stop, on_line);
  std::lock_guard lock(mutex_);
  pod.outcome = std::move(outcome);
  pod.reading = false;
  news_ = true;
  ended_ = true;
  changed_.notify_all();
}

void JobLogs::close(Pod& pod) {
  pod.closed = true;
  merge_.close(pod.source);
}

void JobLogs::show_ready() {
  std::vector<MergedLine> lines;
  {
    std::lock_guard lock(mutex_);
    lines = merge_.take(clock_.mono());
    changed_.notify_all();
  }
  for (const auto& line : lines)
    if (!options_.rank || rank_of(line.text) == options_.rank)
      show_(shown_line(line.text, workers_[static_cast<size_t>(line.source)], options_.look));
}

bool JobLogs::all_read() const {
  return std::all_of(pods_.begin(), pods_.end(),
                     [](const auto& entry) { return entry.second.closed; });
}

}  // namespace cresset::cli
