#include "operator/cli/job_logs.h"

#include <algorithm>
#include <charconv>

#include "crds/worker_contract/names.h"

namespace cresset::cli {

using base::Result;

namespace {

constexpr std::chrono::seconds kBetweenLooks{2};
constexpr std::chrono::milliseconds kBetweenLines{200};
constexpr std::chrono::seconds kPatience{1};
// What is not followed comes to its end by itself, so that its order need not be cut short.
constexpr std::chrono::seconds kPatienceWithOld{30};
constexpr size_t kMostHeld = 1000;  // lines of a pod, those that come then wait
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
  bool news = false;
  while (true) {
    if (clock_.mono() >= next_look || (news && !options_.follow)) {
      CRESSET_CHECK(look());
      next_look = clock_.mono() + kBetweenLooks;
    }
    show_ready();
    if (all_read() && (!options_.follow || !end_.empty())) break;
    std::unique_lock lock(mutex_);
    news =
        clock_.wait_until(lock, changed_, {}, clock_.mono() + kBetweenLines, [&] { return news_; });
    news_ = false;
  }
  if (options_.follow) tell_(options_.job.name + ": " + end_);
  return failed_;
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
    return base::fail(found.error());
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
  for (auto& [name, pod] : pods_)
    if (!there.contains(name) && !pod.reading) close(pod);
  return {};
}

Result<void> JobLogs::on_pod(const std::string& name, int worker, const std::string& phase) {
  if (phase.empty() || phase == "Pending") {
    if (!options_.follow && !looked_) tell_(name + " has not started");
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
  if (options_.follow && !pod.in_full) return {};
  tell_(name + ": " + pod.outcome.error().message());
  close(pod);
  return {};
}

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
    const auto has_room = [&] { return merge_.held(pod.source) < kMostHeld; };
    if (!has_room()) {
      news_ = true;
      changed_.notify_all();
      changed_.wait(lock, stop, has_room);
    }
    pod.last = stamp;
    merge_.push(pod.source, std::string(text), clock_.mono());
  };
  auto outcome = read_({options_.job.ns, name}, wanted, stop, on_line);
  std::lock_guard lock(mutex_);
  pod.outcome = std::move(outcome);
  pod.reading = false;
  news_ = true;
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
