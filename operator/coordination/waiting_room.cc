#include "operator/coordination/waiting_room.h"

#include <algorithm>

namespace cresset::coordination {

net::ServerResponse json_response(int status, const base::Json& body) {
  return {.status = status, .content_type = "application/json", .body = base::dump(body)};
}

net::ServerResponse error_response(int status, const std::string& why) {
  auto response = json_response(status, {{"error", why}});
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::optional<net::ServerResponse> response_of(const Answer& answer) {
  if (answer.standing == Standing::kMember)
    return json_response(200, worker_contract::encode(*answer.membership));
  if (answer.standing == Standing::kGone) return error_response(410, answer.reason);
  if (answer.standing == Standing::kStranger) return error_response(403, answer.reason);
  return std::nullopt;
}

WaitingRoom::~WaitingRoom() { close("the operator stops"); }

void WaitingRoom::add(Waiter waiter) {
  std::unique_lock lock(mutex_);
  if (!closed_) return waiters_.push_back(std::move(waiter));
  const auto response = error_response(503, *closed_);
  lock.unlock();
  waiter.reply(response);
}

void WaitingRoom::look(const std::set<kube::ObjectKey>& changed, base::MonoTime now,
                       const GroupOf& group_of) {
  std::vector<std::pair<net::Reply, net::ServerResponse>> answers;
  {
    std::lock_guard lock(mutex_);
    std::map<std::pair<kube::ObjectKey, base::Uid>, std::optional<Group>> groups;
    std::vector<Waiter> left;
    for (auto& waiter : waiters_) {
      if (waiter.reply.gone()) continue;
      std::optional<net::ServerResponse> response;
      if (changed.contains(waiter.job)) {
        auto& group =
            groups.try_emplace({waiter.job, waiter.job_uid}, group_of(waiter.job, waiter.job_uid))
                .first->second;
        response = group ? response_of(group->answer(waiter.pod, waiter.after))
                         : error_response(410, "the job is gone");
      }
      if (!response && waiter.until <= now) response = net::ServerResponse{.status = 204};
      if (response)
        answers.emplace_back(std::move(waiter.reply), std::move(*response));
      else
        left.push_back(std::move(waiter));
    }
    waiters_ = std::move(left);
  }
  for (auto& [reply, response] : answers) reply(std::move(response));
}

std::optional<base::MonoTime> WaitingRoom::next() const {
  std::lock_guard lock(mutex_);
  const auto first =
      std::min_element(waiters_.begin(), waiters_.end(),
                       [](const Waiter& a, const Waiter& b) { return a.until < b.until; });
  if (first == waiters_.end()) return std::nullopt;
  return first->until;
}

size_t WaitingRoom::size() const {
  std::lock_guard lock(mutex_);
  return waiters_.size();
}

void WaitingRoom::close(const std::string& why) {
  std::vector<Waiter> waiters;
  {
    std::lock_guard lock(mutex_);
    closed_ = why;
    waiters.swap(waiters_);
  }
  for (auto& waiter : waiters) waiter.reply(error_response(503, why));
}

}  // namespace cresset::coordination
